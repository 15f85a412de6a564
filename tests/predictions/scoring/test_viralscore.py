"""V with its parts in forecasts: numbers with evidence, checklists without, kept with the forecast."""

import dataclasses
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from posts.models import Trend
from predictions.models import ModelVersion, Prediction, ScoreRecord
from predictions.versions.services import register
from predictions.viralscore.subscores import MANIFEST_ENTRY
from tests.factories import StaffFactory, verify
from tests.predictions.forecasts.api_requests import sample
from tests.predictions.viralscore.subscores.worlds import QUESTION, histories, learned

pytestmark = pytest.mark.django_db


@pytest.fixture
def scoring_champion(trained_models) -> ModelVersion:
    """A champion whose training found that questions spread further."""
    record = learned(histories(lambda caption: (0.6 if "?" in caption else 0.0, 0.0)))
    manifest = trained_models[0].manifest | {MANIFEST_ENTRY: record.to_json()}
    return register(model=dataclasses.replace(trained_models[0], manifest=manifest), metrics={}, promote=True)


def test_without_evidence_the_parts_are_checklists(champion, learned_account, client_of):
    answer = client_of.post("/api/v1/predict", sample(), format="json").json()["viralscore"]
    assert answer["value"] is None
    assert "no score yet" in answer["reason"]
    assert list(answer["components"]) == ["E", "H", "R", "S", "T"]
    hook = answer["components"]["H"]
    assert hook["value"] is None
    assert hook["evidence"] == "heuristic"
    assert {item["item"]: item["met"] for item in hook["checklist"]} == {"opens_with_hook": False, "short_enough": True}
    [rising] = answer["components"]["T"]["checklist"]
    assert rising["met"] is None
    assert answer["components"]["E"]["evidence"] == "research"


def test_a_part_with_evidence_is_a_number_and_is_kept(scoring_champion, learned_account, client_of):
    body = client_of.post("/api/v1/predict", sample(text=QUESTION, hashtags=[]), format="json").json()
    answer = body["viralscore"]
    assert 0.5 < answer["value"] < 1
    assert answer["reason"] is None
    hook = answer["components"]["H"]
    assert hook["value"] > 0.5
    assert hook["evidence"] == "own_data"
    assert hook["validation"]["low"] > 0
    kept = client_of.get(f"/api/v1/predictions/{body['prediction_id']}").json()
    assert kept["viralscore"] == answer
    # what is kept is told in the language of who reads it later
    stored: Any = Prediction.objects.get().viralscore
    assert "text" not in stored["components"]["H"]["checklist"][0]


def test_a_rising_hashtag_is_seen(champion, learned_account, client_of):
    for tag in ("sunset", "other"):
        Trend.objects.create(tag=tag, as_of=timezone.now(), accounts=50, growth=3, growth_low=2, growth_high=4)
    answer = client_of.post("/api/v1/predict", sample(), format="json").json()["viralscore"]
    [rising] = answer["components"]["T"]["checklist"]
    assert rising["met"] is True


def test_the_forecast_page_tells_the_parts(scoring_champion, learned_account, client_of, client):
    client_of.post("/api/v1/predict", sample(text=QUESTION, hashtags=[]), format="json")
    client.force_login(learned_account.user)
    page = client.get(reverse("predictions:forecast", args=[Prediction.objects.get().public_id])).content.decode()
    assert "How likely this is to spread further than your usual" in page
    assert "not the chance to go viral" in page
    assert "Rests on: posts here" in page
    assert "a rule of thumb" in page


def test_staff_see_the_evidence(scoring_champion):
    staff = Client()
    verify(staff, StaffFactory(is_superuser=True))
    page = staff.get(reverse("admin:predictions_modelversion_change", args=[scoring_champion.pk])).content.decode()
    assert "ViralScore: evidence for its parts" in page
    assert "its lower bound is not above zero" in page


def test_sub_scores_that_were_learned_since_take_the_place_of_the_models(champion, learned_account, client_of):
    """The query that reads the account names them; a process reads them once."""
    ask = partial(client_of.post, "/api/v1/predict", sample(text=QUESTION, hashtags=[]), format="json")
    assert ask().json()["viralscore"]["value"] is None
    record = learned(histories(lambda caption: (0.6 if "?" in caption else 0.0, 0.0)))
    until = datetime.fromtimestamp(record.until, UTC)
    ScoreRecord.objects.create(until=until, posts=500, new_posts=60, record=record.to_json())
    with CaptureQueriesContext(connection) as first:
        assert 0.5 < ask().json()["viralscore"]["value"] < 1
    with CaptureQueriesContext(connection) as second:
        assert ask().json()["viralscore"]["components"]["H"]["evidence"] == "own_data"
    assert len(second) == len(first) - 1
    staff = Client()
    verify(staff, StaffFactory(is_superuser=True))
    page = reverse("admin:predictions_scorerecord_change", args=[ScoreRecord.objects.get().pk])
    assert "its lower bound is not above zero" in staff.get(page).content.decode()
