"""POST /api/v1/compare: drafts of one account side by side, and how likely each beats each other."""

import datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from config.uploads import MAX_JSON_BYTES
from predictions.comparisons.serializers import CompareResponseSerializer
from predictions.learning import services
from predictions.models import Prediction
from privacy.purposes import Purpose
from tests.factories import TikTokAccountFactory, disagree, history_with_effects
from tests.predictions.forecasts.api_requests import in_hours

pytestmark = pytest.mark.django_db

PLAIN = {"text": "This one would be my pick. #pier", "scheduled_time_utc": in_hours(30)}
WINNING = {"text": "Which one would you pick? #dunes", "scheduled_time_utc": in_hours(30)}


@pytest.fixture
def reacting_account(account):
    """An account whose audience likes questions and #dunes."""
    history_with_effects(account, count=60, until=timezone.now() - datetime.timedelta(hours=30))
    assert services.update_weights(account_id=account.pk)
    return account


def compare(client, *drafts, **members):
    return client.post("/api/v1/compare", {"drafts": list(drafts), **members}, format="json")


def test_each_draft_is_forecast_and_each_pair_compared(champion, reacting_account, client_of):
    response = compare(client_of, PLAIN, WINNING, PLAIN, account_id=reacting_account.public_id)
    assert response.status_code == 200
    body = response.json()
    schema = CompareResponseSerializer(data=body)
    assert schema.is_valid(), schema.errors
    assert set(body) == set(schema.fields)
    plain, winning, again = (draft["prediction"] for draft in body["drafts"])
    assert plain == again
    assert body["model_version"] == champion.name
    chances = {(pair["draft"], pair["against"]): pair["chance"] for pair in body["pairs"]}
    assert set(chances) == {(0, 1), (0, 2), (1, 2)}
    assert chances[0, 2] == 0.5
    # which of the two is ahead depends on the hour: the small model of the tests has learned little of an audience
    assert (chances[0, 1] < 0.5) == (winning["typical"] > plain["typical"])
    best = [draft["chance_best"] for draft in body["drafts"]]
    assert sum(best) == pytest.approx(1, abs=0.002)
    assert (best[1] == max(best)) == (winning["typical"] > plain["typical"])
    assert chances[1, 2] == pytest.approx(1 - chances[0, 1], abs=0.002)


def test_a_forecast_in_a_comparison_is_that_of_predict(champion, reacting_account, client_of):
    [compared, _] = compare(client_of, WINNING, PLAIN).json()["drafts"]
    alone = client_of.post("/api/v1/predict", {"post": WINNING}, format="json").json()
    assert compared["prediction"] == alone["prediction"]


def test_nothing_is_recorded_and_the_account_is_read_once(champion, reacting_account, client_of):
    compare(client_of, PLAIN, WINNING)
    with CaptureQueriesContext(connection) as queries:
        assert compare(client_of, PLAIN, WINNING, PLAIN, WINNING, PLAIN, WINNING).status_code == 200
    assert not Prediction.objects.exists()
    # the account; the middleware's event in the trail
    assert [query["sql"].split()[0] for query in queries] == ["SELECT", "INSERT"]


@pytest.mark.parametrize("number", [0, 1, 7])
def test_two_to_six_drafts_are_compared(number, account, client_of):
    response = compare(client_of, *[PLAIN] * number)
    assert response.status_code == 400
    [error] = response.json()["errors"]
    assert (error["field"], error["message"]) == ("drafts", "Expected 2 to 6 drafts.")


def test_a_bad_draft_is_named_by_its_place(account, client_of):
    response = compare(client_of, PLAIN, {"text": "x", "scheduled_time_utc": in_hours(-3)})
    assert response.status_code == 400
    [error] = response.json()["errors"]
    assert error["field"].startswith("drafts[1].scheduled_time_utc")
    assert "past" in error["message"]


def test_somebody_elses_account_looks_like_none(account, client_of):
    theirs = TikTokAccountFactory()
    for name in (theirs.public_id, "no"):
        assert compare(client_of, PLAIN, WINNING, account_id=name).status_code == 404


def test_who_has_several_accounts_names_one(account, client_of):
    TikTokAccountFactory(user=account.user)
    response = compare(client_of, PLAIN, WINNING)
    assert response.status_code == 400
    assert account.public_id in response.json()["errors"][0]["message"]


def test_without_consent_nothing_is_compared(reacting_account, client_of):
    disagree(reacting_account.user, Purpose.SERVICE)
    assert compare(client_of, PLAIN, WINNING).status_code == 403


def test_an_account_without_posts_is_compared_and_told_so(champion, account, client_of):
    body = compare(client_of, PLAIN, WINNING).json()
    assert [draft["basis"] for draft in body["drafts"]] == ["population", "population"]
    assert any("no history" in warning for warning in body["warnings"])
    assert 0 < body["pairs"][0]["chance"] < 1


def test_strangers_are_not_answered(api):
    assert compare(api, PLAIN, WINNING).status_code in {401, 403}


def test_too_large_a_body_is_not_read(account, client_of):
    huge = {"text": "x" * MAX_JSON_BYTES}
    assert compare(client_of, huge, PLAIN).status_code == 413
