"""Feedback on forecasts: given, changed and taken back over REST, read by staff, and never logged."""

import json
import logging
from urllib.parse import urlencode

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from rest_framework.test import APIClient

from predictions.models import Feedback, Prediction
from privacy.purposes import Purpose
from tests.factories import FeedbackFactory, PredictionFactory, agree, disagree, enter_admin

pytestmark = pytest.mark.django_db

SAID = {"verdict": "wrong", "reason": "too_high", "text": "Nobody watches the pier in winter"}
LONGEST = 1000


@pytest.fixture
def prediction(account) -> Prediction:
    agree(account.user, Purpose.DRAFTS)
    return PredictionFactory(account=account)


@pytest.fixture
def address(prediction) -> str:
    return f"/api/v1/predictions/{prediction.public_id}/feedback/"


def test_feedback_given_again_replaces_the_first(address, prediction, client_of):
    assert client_of.get(address).json() == []
    first = client_of.post(address, SAID, format="json")
    assert first.status_code == 201
    assert {name: first.json()[name] for name in SAID} == SAID
    assert first.json()["subject"] == Feedback.FORECAST
    assert client_of.post(address, SAID, format="json").status_code == 200
    changed = client_of.post(address, {"verdict": "useless", "reason": "too_vague"}, format="json")
    assert changed.status_code == 200
    feedback = prediction.feedback.get()
    assert (feedback.verdict, feedback.reason, feedback.text) == ("useless", "too_vague", "")
    assert client_of.get(address).json() == [changed.json()]


def test_it_can_be_taken_back_more_than_once(address, prediction, client_of):
    other = FeedbackFactory()
    client_of.post(address, SAID, format="json")
    for _ in range(2):
        assert client_of.delete(address).status_code == 204
        assert not prediction.feedback.exists()
    assert Feedback.objects.get() == other


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"verdict": "rubbish"}, "verdict"),
        ({"verdict": None}, "verdict"),
        ({"reason": ""}, "reason"),
        ({"reason": ["too_high"]}, "reason"),
        ({"text": "x" * (LONGEST + 1)}, "text"),
        ({"text": "nul\x00"}, "text"),
        ({"text": "half a character \ud83c"}, "text"),
        ({"subject": "post_time"}, "subject"),
        ({"subject": "x" * 100}, "subject"),
        ({"subject": "\x00"}, "subject"),
    ],
)
def test_what_cannot_be_meant_is_refused_by_name(change, field, address, client_of):
    # the client's own encoder refuses half a character
    answer = client_of.post(address, json.dumps(SAID | change), content_type="application/json")
    assert answer.status_code == 400
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert not Feedback.objects.exists()


@pytest.mark.parametrize("subject", ["post_time", "\x00", "x" * 1000])
def test_what_was_never_forecast_cannot_be_taken_back(subject, address, client_of):
    client_of.post(address, SAID, format="json")
    answer = client_of.delete(f"{address}?{urlencode({'subject': subject})}")
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "subject")
    assert Feedback.objects.count() == 1


def test_the_longest_text_is_kept_whole(address, client_of):
    text = "🌊" * LONGEST
    assert client_of.post(address, SAID | {"text": text}, format="json").json()["text"] == text


def test_own_words_are_kept_for_those_alone_who_keep_texts(address, account, client_of):
    client_of.post(address, SAID, format="json")
    disagree(account.user, Purpose.DRAFTS)
    for status in (200, 200):
        answer = client_of.post(address, SAID, format="json")
        assert (answer.status_code, answer.json()["text"], answer.json()["reason"]) == (status, "", "too_high")
    disagree(account.user, Purpose.SERVICE)
    assert client_of.post(address, SAID, format="json").status_code == 403
    assert Feedback.objects.get().text == ""


def test_a_suggestion_has_room_beside_the_forecast(prediction):
    for subject in (Feedback.FORECAST, "post_time"):
        FeedbackFactory(prediction=prediction, subject=subject)
    with pytest.raises(IntegrityError), transaction.atomic():
        FeedbackFactory(prediction=prediction, subject="post_time")


def test_it_goes_with_the_person(address, account, client_of):
    client_of.post(address, SAID, format="json")
    account.user.delete()
    assert not Feedback.objects.exists()


def test_a_session_needs_its_csrf_token(address, account):
    client = APIClient(enforce_csrf_checks=True)
    client.force_login(account.user)
    assert client.post(address, SAID, format="json").status_code == 403
    assert client.delete(address).status_code == 403
    assert not Feedback.objects.exists()


def test_it_is_throttled_like_everything_else(address, client_of, settings):
    settings.RATE_LIMITS = settings.RATE_LIMITS | {"user": "2/min"}
    assert [client_of.post(address, SAID, format="json").status_code for _ in range(3)] == [201, 200, 429]


def test_no_word_of_it_is_logged(address, prediction, account, client_of, caplog):
    caplog.set_level(logging.DEBUG)
    browser = Client()
    browser.force_login(account.user)
    page = reverse("predictions:give_feedback", args=[prediction.public_id])
    for said in (SAID, SAID | {"reason": "none"}):
        client_of.post(address, said, format="json")
        browser.post(page, said)
    assert Feedback.objects.get().text == SAID["text"]
    assert prediction.public_id in caplog.text
    assert SAID["text"] not in caplog.text


def test_the_schema_describes_it(api):
    paths = api.get("/api/v1/schema", headers={"Accept": "application/vnd.oai.openapi+json"}).json()["paths"]
    assert set(paths["/api/v1/predictions/{public_id}/feedback"]) == {"get", "post", "delete"}
    assert set(paths["/api/v1/accounts/{public_id}/skill"]) == {"get"}


class TestStaff:
    @pytest.fixture
    def staff(self) -> Client:
        client = Client()
        enter_admin(client)
        return client

    def test_they_read_it_beside_the_prediction(self, staff, prediction):
        FeedbackFactory(prediction=prediction, text="nobody is there in winter")
        Prediction.objects.update(explanation=[{"feature": "post_hour", "effect_pct": 12.3}])
        page = staff.get(reverse("admin:predictions_prediction_change", args=[prediction.pk])).content.decode()
        assert "nobody is there in winter" in page
        assert "post_hour" in page
        assert "12.3" in page
        assert "<textarea" not in page

    def test_they_count_it_by_verdict_reason_and_model_version(self, staff, champion):
        FeedbackFactory.create_batch(2, prediction__model_version=champion)
        other = FeedbackFactory(verdict="useless", reason="unclear")
        address = reverse("admin:predictions_feedback_changelist")
        page = staff.get(address).content.decode()
        for facet in ("Wrong (2)", "Useless (1)", "It is too high (2)", f"{champion.name} (2)"):
            assert facet in page
        for query in ({"verdict": "useless"}, {"reason": "unclear"}, {"prediction__model_version__isnull": "True"}):
            listed = staff.get(address, query).context["cl"].queryset
            assert [feedback.pk for feedback in listed] == [other.pk]
        complained_of = staff.get(reverse("admin:predictions_prediction_changelist"), {"feedback__verdict": "useless"})
        assert [row.pk for row in complained_of.context["cl"].queryset] == [other.prediction_id]

    def test_a_long_list_costs_no_more(self, staff, champion, django_assert_num_queries):
        address = reverse("admin:predictions_feedback_changelist")
        FeedbackFactory(prediction__model_version=champion)
        with django_assert_num_queries(20, exact=False) as few:
            staff.get(address)
        FeedbackFactory.create_batch(5, prediction__model_version=champion)
        with django_assert_num_queries(len(few)):
            staff.get(address)
