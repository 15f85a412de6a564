"""Redis or PostgreSQL is away: what needs neither goes on, and what needs it says so, always and quickly."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from rest_framework.test import APIClient

from config.unavailable import DATABASE_AWAY
from deploy.local.servers import free_port
from posts.ingest.services import request_refresh
from posts.models import Refresh
from privacy.erasure.restores import gate
from telemetry import outbox
from telemetry.models import OutboxMessage
from tests.factories import TikTokAccountFactory

pytestmark = pytest.mark.django_db(transaction=True)

PATIENCE_S = 3
"""For an answer while something is away."""


@pytest.fixture
def without_redis(settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Nothing listens where Redis should be."""
    from celery import Celery

    from config.celery import app

    url = f"redis://127.0.0.1:{free_port()}/0"
    settings.REDIS_URL = url
    settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": url}}
    sender = Celery("sender", set_as_current=False)
    sender.config_from_object("django.conf:settings", namespace="CELERY")
    sender.conf.update(broker_url=url)
    sender.set_current()
    yield
    app.set_current()


@contextmanager
def database_away() -> Iterator[None]:
    """End every connection to this test's database and refuse new ones."""
    name = connection.settings_dict["NAME"]
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as owner:
        owner.execute(f'ALTER DATABASE "{name}" WITH ALLOW_CONNECTIONS false')
        owner.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])
        try:
            yield
        finally:
            owner.execute(f'ALTER DATABASE "{name}" WITH ALLOW_CONNECTIONS true')
            connection.close()


def test_a_forecast_needs_no_redis(without_redis: None, api: APIClient) -> None:
    account = TikTokAccountFactory()
    api.force_authenticate(account.user)
    for _ in range(3):
        started = time.monotonic()
        answer = api.post("/api/v1/predict", {"post": {"text": "Sunset"}}, format="json")
        assert answer.status_code == 200, answer.content
        assert time.monotonic() - started < PATIENCE_S


def test_pages_need_no_redis(without_redis: None, client: Client) -> None:
    account = TikTokAccountFactory()
    client.force_login(account.user)
    for path in ("/posts/", "/compose/", "/settings/"):
        assert client.get(path).status_code == 200, path


def test_without_redis_it_is_ready_and_says_what_is_missing(without_redis: None, client: Client) -> None:
    ready = client.get("/readyz")
    assert ready.status_code == 200
    assert ready.json() == {"status": "degraded", "postgresql": "ok", "redis": "not reachable", "data": "ok"}


def test_a_cache_without_redis_forgets(without_redis: None) -> None:
    assert cache.add("key", 1) is True
    cache.set("key", 1)
    assert cache.get("key", "default") == "default"
    assert cache.get_many(["key"]) == {}
    assert (cache.has_key("key"), cache.touch("key"), cache.delete("key")) == (False, False, False)


def test_what_is_asked_for_without_redis_is_sent_when_it_is_back(without_redis: None) -> None:
    started = time.monotonic()
    refresh = request_refresh(account_id=TikTokAccountFactory().pk)
    assert time.monotonic() - started < PATIENCE_S
    assert refresh.state == Refresh.State.QUEUED
    [message] = OutboxMessage.objects.all()
    assert (message.task, message.arguments) == (Refresh.task, [refresh.pk])
    OutboxMessage.objects.update(created_at=message.created_at - 2 * outbox.OVERDUE)
    assert outbox.relay() == 0
    assert OutboxMessage.objects.count() == 1


def test_the_outbox_is_relayed_once_redis_is_there() -> None:
    refresh = TikTokAccountFactory().refreshes.create()
    message = OutboxMessage.objects.create(task=Refresh.task, arguments=[refresh.pk])
    assert outbox.relay() == 0  # the process that wrote it may be about to send it
    OutboxMessage.objects.update(created_at=message.created_at - 2 * outbox.OVERDUE)
    assert outbox.relay() == 1
    assert not OutboxMessage.objects.exists()


@pytest.mark.parametrize("path", ["/posts/", "/api/v1/posts/", "/predict", "/", "/admin/"])
def test_without_postgresql_every_answer_is_503_with_the_right_reason(path: str, client: Client, monkeypatch) -> None:
    client.force_login(TikTokAccountFactory().user)
    client.raise_request_exception = False
    real = gate.Gate()
    assert real.reason() == ""  # it was open a moment ago, and looks again after five seconds
    monkeypatch.setattr("privacy.erasure.restores.gate.GATE", real)
    with database_away():
        for seconds_later in (0, gate.CHECK_EVERY_S):
            real._checked_at -= seconds_later
            started = time.monotonic()
            answer = client.get(path)
            assert time.monotonic() - started < PATIENCE_S
            assert (answer.status_code, answer["Retry-After"]) == (503, "10"), answer.content
            words = answer.json()["detail"] if path.startswith(("/api/", "/predict")) else answer.content.decode()
            assert DATABASE_AWAY in words
    assert client.get("/posts/").status_code == 503
    real._checked_at -= gate.CHECK_EVERY_S
    assert client.get("/posts/").status_code == 200


def test_other_errors_stay_500(client: Client, monkeypatch) -> None:
    client.raise_request_exception = False

    def fail(*_: object) -> None:
        raise ValueError("not of the database")

    monkeypatch.setattr("telemetry.views.postgresql_fault", fail)
    assert client.get("/readyz").status_code == 500
