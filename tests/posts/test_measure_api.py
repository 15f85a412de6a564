"""`POST /api/v1/measure`: what is measured of a draft, stored nowhere."""

import pytest

from config.uploads import MAX_JSON_BYTES
from posts.models.content import CAPTION_MEASURES
from privacy.models import AccessEvent
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(api):
    api.force_authenticate(UserFactory())
    return api


def measure(client, **asked):
    return client.post("/api/v1/measure", asked, format="json")


def test_a_draft_is_measured_and_held_against_the_rules(client, settings):
    settings.TIKTOK_MAX_HASHTAGS = 1
    answer = measure(client, text="What would you bake? Tell me below! 😋 #bread", hashtags=["#Baking"])
    assert answer.status_code == 200
    caption, rules = answer.json()["caption"], answer.json()["rules"]
    assert set(caption) == set(CAPTION_MEASURES) - {"embedding"}
    assert caption["hashtags"] == ["bread", "baking"]
    assert (caption["language"], caption["hook"], caption["call_to_action"]) == ("en", "question", 1)
    assert [(rule["rule"], rule["kept"], rule["found"]) for rule in rules] == [
        ("hashtags", False, 2),
        ("caption_length", True, caption["length"]),
    ]


def test_nothing_of_a_draft_is_stored(client, django_assert_num_queries):
    before = AccessEvent.objects.count()
    # whether its person agrees to anything being processed
    with django_assert_num_queries(1):
        measure(client, text="Sunset at the pier")
    assert AccessEvent.objects.count() == before


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({}, "text"),
        ({"text": 5 * ["a"]}, "text"),
        ({"text": "a" * 10_001}, "text"),
        ({"text": "a", "hashtags": "sun"}, "hashtags"),
        ({"text": "a", "hashtags": ["two words"]}, "hashtags"),
        ({"text": "a", "hashtags": ["a"] * 101}, "hashtags"),
    ],
)
def test_what_is_wrong_is_named(client, asked, field):
    answer = measure(client, **asked)
    assert answer.status_code == 400
    assert {error["field"].split("[")[0] for error in answer.json()["errors"]} == {field}


def test_only_people_who_are_signed_in_may_ask_and_not_for_much(api, client):
    assert measure(client, text="a" * MAX_JSON_BYTES).status_code == 413
    api.force_authenticate(None)
    assert measure(api, text="a").status_code in (401, 403)
