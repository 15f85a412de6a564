"""Idempotency keys: a repeated request is answered as the first time, and creates nothing."""

import threading
from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import APIToken
from predictions.forecasts.services import predict
from predictions.models import Experiment, Feedback, Prediction
from privacy.consent.services import withdraw
from privacy.models import Erasure, Through
from privacy.purposes import Purpose
from telemetry.idempotency import services
from telemetry.models import IdempotentRequest
from tests.api.operations import operations
from tests.factories import UserFactory
from tests.pages.conftest import make_creator
from tests.predictions.forecasts.api_requests import picture, post_form, sample

PREDICT = "/api/v1/predict"


def post(client, path, body, key):
    return client.post(path, body, format="json", headers={"idempotency-key": key})


@pytest.mark.django_db
def test_a_repeated_request_is_answered_as_the_first_time(signed_in):
    body, before = sample(), Prediction.objects.count()
    answers = [post(signed_in, path, body, "a1") for path in (PREDICT, PREDICT, f"{PREDICT}/")]
    assert [answer.status_code for answer in answers] == [200] * 3
    assert answers[0].json() == answers[1].json() == answers[2].json()
    assert ["Idempotency-Replayed" in answer for answer in answers] == [False, True, True]
    assert Prediction.objects.count() == before + 1
    assert post(signed_in, PREDICT, body, "a2").json()["prediction_id"] != answers[0].json()["prediction_id"]


@pytest.mark.django_db
def test_every_operation_that_creates_takes_a_key(creator, signed_in):
    taking = {
        each.path
        for each in operations()
        if {"$ref": "#/components/parameters/IdempotencyKey"} in each.described.get("parameters", ())
    }
    only_compute = {
        *("/api/v1/measure", "/api/v1/compare", "/api/v1/explore", "/api/v1/forecast", "/api/v1/captions"),
        "/api/v1/experiments/{public_id}/stop",
        *("/api/v1/notifications/{public_id}/read", "/api/v1/notifications/read-all"),
        *("/api/v1/webhooks/{public_id}/test", "/api/v1/webhooks/{public_id}/deliveries/{delivery_id}/replay"),
    }
    assert taking == {each.path for each in operations() if each.method == "post"} - only_compute


@pytest.mark.django_db
def test_what_was_created_is_answered_with_its_address(creator, signed_in):
    account = creator.account
    account.experiments.all().delete()
    forecast = f"/api/v1/predictions/{creator.prediction.public_id}"
    told = {"subject": "forecast", "verdict": "wrong", "reason": "too_high"}
    two_hours = {"account_id": account.public_id, "feature": "post_time", "first": 18, "second": 21}
    Feedback.objects.all().delete()
    for path, body, status in (
        ("/api/v1/tokens", {"name": "a new program"}, 201),
        ("/api/v1/experiments", two_hours, 201),
        ("/api/v1/webhooks", {"url": "https://example.com/hook"}, 201),
        (f"/api/v1/accounts/{account.public_id}/seats", {"name": "Mia", "role": "viewer"}, 201),
        ("/api/v1/shares", {"prediction_id": creator.prediction.public_id}, 201),
        (f"/api/v1/drafts/{creator.draft.public_id}/comments", {"text": "Shorter?"}, 201),
        ("/api/v1/caption-appeals", {"account_id": account.public_id, "text": "Moby Dickhead"}, 201),
        (f"{forecast}/feedback", told, 201),
        (f"/api/v1/accounts/{account.public_id}/refreshes", {}, 202),
        ("/api/v1/privacy/exports", {}, 202),
        ("/api/v1/privacy/erasure", {}, 202),
    ):
        first, again = post(signed_in, path, body, "k"), post(signed_in, path, body, "k2")
        replayed = post(signed_in, path, body, "k")
        IdempotentRequest.objects.all().delete()
        assert first.status_code == status, (path, first.content)
        assert (replayed.status_code, replayed.json()) == (status, first.json()), path
        assert replayed["Location"] == first["Location"], path
        assert signed_in.get(first["Location"]).status_code == 200, path
        assert "Idempotency-Replayed" not in again, path
    assert APIToken.objects.filter(user=creator.user, name="a new program").count() == 2
    assert Experiment.objects.filter(account=account).count() == 1
    assert Erasure.objects.count() == 1


@pytest.mark.django_db
def test_another_request_with_the_same_key_is_refused(signed_in):
    assert post(signed_in, PREDICT, sample(), "a1").status_code == 200
    for path, body in ((PREDICT, sample(text="Another")), ("/api/v1/tokens", {"name": "x"})):
        answer = post(signed_in, path, body, "a1")
        assert (answer.status_code, answer["Content-Type"]) == (422, "application/problem+json")
    assert not APIToken.objects.filter(name="x").exists()


@pytest.mark.django_db
def test_pictures_belong_to_the_request(creator, signed_in):
    before, body = Prediction.objects.count(), {"post": {"text": "a"}}
    signed_in.credentials(HTTP_IDEMPOTENCY_KEY="a1")
    first, again = (post_form(signed_in, body, ("a.jpg", picture())) for _ in range(2))
    assert (first.status_code, first.json()) == (200, again.json())
    assert post_form(signed_in, body, ("a.png", picture("PNG"))).status_code == 422
    assert Prediction.objects.count() == before + 1


@pytest.mark.django_db
def test_keys_are_each_persons_own(signed_in):
    other = make_creator(posts=1)
    stranger = APIClient()
    stranger.force_login(other.user)
    body = {"post": {"text": "a"}}
    mine, theirs = post(signed_in, PREDICT, body, "a1").json(), post(stranger, PREDICT, body, "a1").json()
    assert mine["prediction_id"] != theirs["prediction_id"]


@pytest.mark.django_db
def test_an_error_keeps_nothing_and_frees_the_key(signed_in):
    assert post(signed_in, PREDICT, {"post": {}}, "a1").status_code == 400
    assert not IdempotentRequest.objects.exists()
    assert post(signed_in, PREDICT, sample(), "a1").status_code == 200


@pytest.mark.django_db
@pytest.mark.parametrize("key", ["", "é", "a\tb", "a" * 256])
def test_what_is_no_key_is_refused(key, signed_in):
    answer = post(signed_in, PREDICT, sample(), key)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == "Idempotency-Key"


@pytest.mark.django_db
def test_after_a_day_the_key_stands_for_nothing(signed_in):
    body = {"post": {"text": "a"}}
    first = post(signed_in, PREDICT, body, "a1").json()
    with time_machine.travel(timezone.now() + timedelta(hours=23, minutes=59)):
        assert post(signed_in, PREDICT, body, "a1").json() == first
    with time_machine.travel(timezone.now() + timedelta(hours=24, minutes=1)):
        assert post(signed_in, PREDICT, body, "a1").json()["prediction_id"] != first["prediction_id"]


@pytest.mark.django_db
def test_nothing_readable_is_kept_and_a_withdrawal_takes_it(creator, signed_in):
    token = post(signed_in, "/api/v1/tokens", {"name": "a program"}, "my secret key").json()["token"]
    with connection.cursor() as cursor:
        cursor.execute("SELECT t::text FROM telemetry_idempotentrequest t")
        kept = str(cursor.fetchall())
    for text in (token, "my secret key", "a program"):
        assert text not in kept
        assert text.encode().hex() not in kept
    withdraw(user_id=creator.user.pk, purpose=Purpose.DRAFTS, through=Through.API)
    assert not IdempotentRequest.objects.exists()


@pytest.mark.django_db
def test_a_worker_that_died_is_taken_over_after_its_lease():
    user, now = UserFactory(), timezone.now()
    dead = services.claim_request(user_id=user.pk, key="k", request_digest="r", now=now)
    with pytest.raises(services.StillAnswering):
        services.claim_request(user_id=user.pk, key="k", request_digest="r", now=now + services.LEASE / 2)
    with pytest.raises(services.KeyReused):
        services.claim_request(user_id=user.pk, key="k", request_digest="other", now=now)
    later = services.claim_request(user_id=user.pk, key="k", request_digest="r", now=now + services.LEASE)
    answer = services.Answer(201, {"id": 1}, {})
    with pytest.raises(services.StillAnswering):
        services.keep_answer(claim=dead, answer=answer)
    services.give_back(claim=dead)
    services.keep_answer(claim=later, answer=answer)
    assert services.claim_request(user_id=user.pk, key="k", request_digest="r").answer == answer


@pytest.mark.django_db(transaction=True)
def test_of_requests_at_the_same_time_one_creates(monkeypatch):
    creator = make_creator(posts=1)
    started, go_on = threading.Event(), threading.Event()

    def slow(**options):
        started.set()
        assert go_on.wait(30)
        return predict(**options)

    monkeypatch.setattr("predictions.forecasts.api.predict", slow)
    clients = [APIClient(), APIClient()]
    for client in clients:
        client.force_login(creator.user)
    body, before, first = {"post": {"text": "a"}}, Prediction.objects.count(), []

    def ask():
        first.append(post(clients[0], PREDICT, body, "a1"))
        connection.close()

    thread = threading.Thread(target=ask)
    thread.start()
    assert started.wait(30)
    second = post(clients[1], PREDICT, body, "a1")
    go_on.set()
    thread.join()
    assert (first[0].status_code, second.status_code) == (200, 409)
    assert second["Retry-After"] == "1"
    assert post(clients[1], PREDICT, body, "a1").json() == first[0].json()
    assert Prediction.objects.count() == before + 1
