"""One idea for a draft: rarely tried, never expected to harm, and marked as no advice."""

import json
import math

import pytest
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st
from rest_framework.test import APIClient

from posts.content.captions import measure_caption
from predictions.engine import AccountHistory, Draft, GlobalModel, learn_account
from predictions.engine.advice.changes import own_posts_like
from predictions.engine.advice.exploring import MOST_HARM, RARE, explore
from predictions.models import Prediction, SuggestionSwitch
from privacy.purposes import Purpose
from tests.engine import synthetic
from tests.factories import TikTokAccountFactory, disagree

API = "/api/v1/explore"
MODEL = GlobalModel.prior()
TEXT = "Long story about how the old workshop burned down #workshop"


def learned(posts: int = 40):
    history = synthetic.account("explorer", posts, seed=3)
    return learn_account(MODEL, history, as_of=synthetic.end_of(history))


ACCOUNT = learned()


def asked(hours_ahead: int = 3, text: str = TEXT) -> tuple[Draft, tuple[int, int]]:
    moment = ACCOUNT.as_of + hours_ahead * 3600
    return Draft(moment, measure_caption(text), 20.0, "", None), (ACCOUNT.as_of, ACCOUNT.as_of + 2 * synthetic.DAY)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 47), st.sampled_from([TEXT, "", "Which one? 🌊 #a #b", "x" * 300]))
def test_an_idea_is_rare_harmless_and_changes_one_thing(hours_ahead, text):
    draft, window = asked(hours_ahead, text)
    idea = explore(MODEL.effects, ACCOUNT, draft, text, window=window, max_hashtags=5)
    assert idea is not None
    history = ACCOUNT.history.known_at(ACCOUNT.as_of)
    [change] = idea.changes
    assert idea.own_posts == own_posts_like(ACCOUNT, history, change) <= RARE * len(history)
    assert idea.effect >= MOST_HARM
    assert idea.low <= idea.effect <= idea.high
    assert change.apply(draft, text) == (idea.draft, idea.text)
    assert idea.draft != draft


def test_what_is_switched_off_is_no_idea():
    draft, window = asked()
    features: set[str] = set()
    for _ in range(20):
        idea = explore(MODEL.effects, ACCOUNT, draft, TEXT, window=window, max_hashtags=5, without=sorted(features))
        if idea is None:
            break
        assert idea.changes[0].feature not in features
        features.add(idea.changes[0].feature)
    assert idea is None
    assert len(features) > 2


def test_an_account_without_posts_gets_no_idea():
    nobody = learn_account(MODEL, AccountHistory("new", math.nan, posts=()), as_of=0)
    draft = Draft(3600, measure_caption(TEXT), 20.0, "", None)
    assert explore(MODEL.effects, nobody, draft, TEXT, window=(0, synthetic.DAY), max_hashtags=5) is None


def body(**changes) -> dict[str, object]:
    return {"post": {"text": TEXT, "hashtags": ["sea"], "duration_s": 20}, **changes}


@pytest.mark.django_db
class TestAPI:
    def test_one_idea_is_answered_and_nothing_recorded(self, learned_account, client_of):
        answer = client_of.post(API, body(), format="json")
        assert answer.status_code == 200, answer.content
        told = answer.json()
        assert told["exploration"] is True
        assert told["note"] is None
        idea = told["idea"]
        assert idea["impact_median_pct"] >= -5
        assert idea["changes"]
        assert "not advice" in idea["basis"]
        assert not Prediction.objects.exists()

    def test_without_an_idea_it_says_so(self, account, client_of):
        told = client_of.post(API, body(), format="json").json()
        assert told["idea"] is None
        assert "No idea to explore" in told["note"]

    def test_what_is_switched_off_is_neither_suggested_nor_explored(self, learned_account, client_of):
        first = client_of.post(API, body(), format="json").json()["idea"]["feature"]
        SuggestionSwitch.objects.create(feature=first, changed_at=timezone.now())
        assert client_of.post(API, body(), format="json").json()["idea"]["feature"] != first
        note = client_of.post("/api/v1/predict", body(), format="json").json()["suggestions_note"]
        assert f"as too many failed or were reported as bad: {first.replace('_', ' ')}." in note

    @pytest.mark.parametrize(
        ("change", "field"),
        [
            ({"post": {}}, "post.text"),
            ({"post": {"text": "x", "scheduled_time_utc": "2020-01-01T00:00:00Z"}}, "post.scheduled_time_utc"),
            ({"post": {"text": "x", "hashtags": ["two words"]}}, "post.hashtags[0]"),
            ({"post": {"text": "x", "duration_s": -1}}, "post.duration_s"),
            ({"post": None}, "post"),
        ],
    )
    def test_bad_drafts_are_refused_by_name(self, change, field, account, client_of):
        answer = client_of.post(API, json.dumps(body(**change)), content_type="application/json")
        assert answer.status_code == 400
        assert [error["field"] for error in answer.json()["errors"]] == [field]

    def test_another_persons_account_does_not_exist(self, account, client_of):
        other = TikTokAccountFactory()
        assert client_of.post(API, body(account_id=other.public_id), format="json").status_code == 404
        assert APIClient().post(API, body(), format="json").status_code in (401, 403)

    def test_without_consent_there_is_none(self, account, client_of):
        disagree(account.user, Purpose.SERVICE)
        assert client_of.post(API, body(), format="json").status_code == 403
