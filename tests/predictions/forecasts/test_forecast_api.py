"""POST /api/v1/forecast: the answer of predict while somebody still writes, and nothing is kept of it."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.tokens.services import create_api_token
from predictions.models import Prediction
from privacy.purposes import Purpose
from tests.factories import TikTokAccountFactory, disagree
from tests.predictions.forecasts.api_requests import in_hours

pytestmark = pytest.mark.django_db

DRAFT = {
    "post": {"text": "Sunset at the pier #sunset", "scheduled_time_utc": in_hours(30)},
    "explain": True,
    "map": True,
}


def test_it_answers_as_predict_does_and_records_nothing(champion, learned_account, client_of):
    tried = client_of.post("/api/v1/forecast", DRAFT, format="json")
    assert tried.status_code == 200
    assert not Prediction.objects.exists()
    kept = client_of.post("/api/v1/predict", DRAFT, format="json").json()
    body = tried.json()
    assert body.pop("prediction_id") is None
    assert kept.pop("prediction_id") == Prediction.objects.get().public_id
    for answer in (body, kept):
        for name in ("latency_ms", "feature_fetch_ms", "inference_ms"):
            answer["diagnostics"].pop(name)
    assert body == kept
    assert 0 < body["prediction"]["chance_above_usual"] < 1


def test_nothing_but_the_trail_is_written(champion, learned_account, client_of):
    client_of.post("/api/v1/forecast", DRAFT, format="json")
    with CaptureQueriesContext(connection) as queries:
        client_of.post("/api/v1/forecast", DRAFT, format="json")
    assert [query["sql"].split()[0] for query in queries] == ["SELECT", "INSERT"]
    assert "privacy_accessevent" in queries[1]["sql"]


def test_without_consent_nothing_is_forecast(account, client_of):
    disagree(account.user, Purpose.SERVICE)
    assert client_of.post("/api/v1/forecast", DRAFT, format="json").status_code == 403


def test_somebody_elses_account_looks_like_none(account, client_of):
    theirs = {**DRAFT, "account_id": TikTokAccountFactory().public_id}
    assert client_of.post("/api/v1/forecast", theirs, format="json").status_code == 404


def test_it_has_a_limit_of_its_own(account, client_of, settings):
    settings.RATE_LIMITS = settings.RATE_LIMITS | {"forecast": "1/min"}
    assert client_of.post("/api/v1/forecast", DRAFT, format="json").status_code == 200
    assert client_of.post("/api/v1/forecast", DRAFT, format="json").status_code == 429
    assert client_of.post("/api/v1/predict", DRAFT, format="json").status_code == 200


def test_a_token_that_only_reads_may_try_drafts(account, api):
    _, token = create_api_token(user=account.user, name="a program", scopes=["forecasts:read"])
    headers = {"Authorization": f"Bearer {token}"}
    assert api.post("/api/v1/forecast", DRAFT, format="json", headers=headers).status_code == 200
    assert api.post("/api/v1/predict", DRAFT, format="json", headers=headers).status_code == 403
