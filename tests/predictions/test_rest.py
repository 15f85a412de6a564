"""Reading predictions and weights over REST; somebody else's answer 404. And the admin."""

import datetime
import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from predictions.models import ForecastError, ForecastFailure, Prediction
from predictions.versions.services import register
from tests.factories import (
    AccountWeightsFactory,
    FeedbackFactory,
    OutcomeFactory,
    PredictionFactory,
    TikTokAccountFactory,
    enter_admin,
)

pytestmark = pytest.mark.django_db

LIST = "/api/v1/predictions/"


def ids(response) -> list[str]:
    assert response.status_code == 200, response.content
    return [row["id"] for row in response.json()["results"]]


def test_a_person_sees_their_own_predictions_newest_first(account, client_of):
    own = [PredictionFactory(account=account).public_id for _ in range(3)]
    second = PredictionFactory(account=TikTokAccountFactory(user=account.user)).public_id
    PredictionFactory()
    assert ids(client_of.get(LIST)) == [second, *own[::-1]]


def test_lists_come_in_pages(account, client_of):
    PredictionFactory.create_batch(5, account=account)
    first = client_of.get(LIST, {"page_size": 2})
    assert first.json()["count"] == 5
    assert len(ids(first)) == 2
    assert len(ids(client_of.get(first.json()["next"]))) == 2


def test_lists_can_be_narrowed(account, client_of):
    early, late = PredictionFactory.create_batch(2, account=account)
    other = PredictionFactory(account=TikTokAccountFactory(user=account.user))
    day = datetime.timedelta(days=1)
    Prediction.objects.filter(pk=early.pk).update(created_at=timezone.now() - 3 * day)
    OutcomeFactory(prediction=late)
    moment = (timezone.now() - day).isoformat()
    assert ids(client_of.get(LIST, {"account": account.public_id})) == [late.public_id, early.public_id]
    assert ids(client_of.get(LIST, {"created_after": moment})) == [other.public_id, late.public_id]
    assert ids(client_of.get(LIST, {"created_before": moment})) == [early.public_id]
    assert ids(client_of.get(LIST, {"has_outcome": "true"})) == [late.public_id]
    assert ids(client_of.get(LIST, {"has_outcome": "false"})) == [other.public_id, early.public_id]
    assert client_of.get(LIST, {"created_after": "yesterday"}).status_code == 400
    assert ids(client_of.get(LIST, {"account": TikTokAccountFactory().public_id})) == []


def test_a_list_costs_the_same_however_long_it_is(account, client_of, champion, django_assert_num_queries):
    for prediction in PredictionFactory.create_batch(5, account=account, model_version=champion):
        OutcomeFactory(prediction=prediction)
    with django_assert_num_queries(4):
        client_of.get(LIST)


LARGE = ("artefact", "manifest", "metrics")


def reads_what_is_large(queries: CaptureQueriesContext) -> bool:
    """Return whether a large column is read whole; a member of one is small."""
    whole = re.compile(rf'modelversion"\."({"|".join(LARGE)})"(?! ->)')
    return any(whole.search(query["sql"]) for query in queries)


def test_lists_read_nothing_large_of_the_versions(account, client_of, champion, learned_account):
    PredictionFactory(account=account, model_version=champion)
    for address in (LIST, f"/api/v1/accounts/{account.public_id}/weights/"):
        with CaptureQueriesContext(connection) as queries:
            assert "v1.0.0" in client_of.get(address).content.decode()
        assert not reads_what_is_large(queries)


@pytest.mark.parametrize(
    "name",
    ["modelversion", "modelevent", "forecastfailure", "accountweights", "prediction", "feedback", "forecasterror"],
)
def test_lists_of_the_admin_read_nothing_large_of_the_versions(name, staff, champion, learned_account):
    """Each version once, however many rows refer to it."""
    predictions = PredictionFactory.create_batch(3, account=learned_account, model_version=champion)
    for prediction in predictions:
        FeedbackFactory(prediction=prediction)
        ForecastFailure.objects.create(model_version=champion, error="One")
    ForecastError.objects.update(model_version=champion)
    with CaptureQueriesContext(connection) as queries:
        page = staff.get(reverse(f"admin:predictions_{name}_changelist"))
    assert "v1.0.0" in page.content.decode()
    assert not reads_what_is_large(queries)


def test_one_prediction_with_its_outcome(account, client_of):
    prediction = PredictionFactory(account=account)
    body = client_of.get(f"{LIST}{prediction.public_id}/").json()
    assert body["outcome"] is None
    assert body["explanation"] is None
    assert (body["model_version"], body["account"]) == ("prior", account.public_id)
    outcome = OutcomeFactory(prediction=prediction)
    body = client_of.get(f"{LIST}{prediction.public_id}/").json()
    assert body["outcome"]["post"] == outcome.post.public_id
    assert body["outcome"]["error"] == 0.4
    assert (body["outcome"]["low"], body["outcome"]["high"]) == (None, None)
    assert body["outcome"]["within_interval"] is True


def test_an_estimated_outcome_has_a_range_and_judges_nothing(account, client_of):
    outcome = OutcomeFactory(
        prediction__account=account, label="estimated", sd=0.5, within_interval=False, measures_within={"views": False}
    )
    told = client_of.get(f"{LIST}{outcome.prediction.public_id}/").json()["outcome"]
    assert (told["label"], told["likes"]) == ("estimated", 200)
    assert (told["low"], told["high"]) == (pytest.approx(104.9, abs=0.1), pytest.approx(380.5, abs=0.1))
    assert [told[name] for name in ("error", "typical_error", "baseline_error", "within_interval")] == [None] * 4
    assert told["measures_within"] == {}


def test_weights(champion, learned_account, client_of):
    body = client_of.get(f"/api/v1/accounts/{learned_account.public_id}/weights/").json()
    assert set(body) == {"account", "version", "model_version", "as_of", "updated_at", "posts", "summary"}
    assert (body["version"], body["model_version"]) == (1, "v1.0.0")
    assert body["summary"] == learned_account.weights.summary


def test_while_nothing_was_learned_there_are_no_weights(account, client_of):
    assert client_of.get(f"/api/v1/accounts/{account.public_id}/weights/").status_code == 404


def test_what_belongs_to_somebody_else_looks_like_nothing(client_of):
    theirs = AccountWeightsFactory()
    prediction = PredictionFactory(account=theirs.account)
    for address in (
        f"{LIST}{prediction.public_id}/",
        f"{LIST}pred_none/",
        f"/api/v1/accounts/{theirs.account.public_id}/weights/",
    ):
        assert client_of.get(address).status_code == 404


def test_strangers_see_nothing(account, api):
    prediction = PredictionFactory(account=account)
    for address in (LIST, f"{LIST}{prediction.public_id}/", f"/api/v1/accounts/{account.public_id}/weights/"):
        assert api.get(address).status_code in {401, 403}


@pytest.fixture
def staff() -> Client:
    client = Client()
    enter_admin(client)
    return client


@pytest.mark.parametrize("name", ["modelversion", "accountweights", "prediction", "outcome", "feedback"])
def test_staff_can_read_everything_and_change_nothing(name, staff, champion, learned_account):
    outcome = OutcomeFactory(prediction__account=learned_account, prediction__caption="kept for its writer")
    row = {
        "modelversion": champion,
        "accountweights": learned_account.weights,
        "prediction": outcome.prediction,
        "outcome": outcome,
        "feedback": FeedbackFactory(prediction=outcome.prediction),
    }[name]
    assert staff.get(reverse(f"admin:predictions_{name}_changelist")).status_code == 200
    assert staff.get(reverse(f"admin:predictions_{name}_changelist"), {"q": "a"}, follow=True).status_code == 200
    change = reverse(f"admin:predictions_{name}_change", args=[row.pk])
    page = staff.get(change)
    assert page.status_code == 200
    assert "kept for its writer" not in page.content.decode()
    assert staff.post(change, {}).status_code == 403
    assert staff.get(reverse(f"admin:predictions_{name}_add")).status_code == 403
    assert staff.post(reverse(f"admin:predictions_{name}_delete", args=[row.pk]), {"post": "yes"}).status_code == 403


def test_the_admin_shows_how_a_version_was_made_and_not_its_bytes(staff, trained_models):
    version = register(model=trained_models[0], metrics={"training_seconds": 12345})
    page = staff.get(reverse("admin:predictions_modelversion_change", args=[version.pk])).content.decode()
    assert "12,345 s" in page
    assert "signature" not in page.lower()
    assert "artefact" not in page.lower()
