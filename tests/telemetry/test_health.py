"""What load balancers and monitoring get to see."""

import os
import re
import signal

import pytest
from django.db import connection
from django.test import Client

from deploy.local.servers import free_port

pytestmark = pytest.mark.django_db


def test_alive_and_ready(client: Client) -> None:
    assert client.get("/healthz").json() == {"status": "ok"}
    ready = client.get("/readyz")
    assert ready.status_code == 200
    assert ready.json() == {"status": "ok", "postgresql": "ok", "data": "ok", "redis": "ok"}


def test_not_ready_while_a_migration_is_missing(client: Client) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'predictions'")
    ready = client.get("/readyz")
    assert ready.status_code == 503
    assert "migrations are missing" in ready.json()["postgresql"]


@pytest.mark.parametrize(("token", "sent"), [("", ""), ("", "Bearer "), ("a-long-enough-token", "Bearer wrong")])
def test_metrics_are_for_who_has_the_token(client: Client, settings, token: str, sent: str) -> None:
    settings.METRICS_TOKEN = token
    assert client.get("/metrics", headers={"Authorization": sent}).status_code == 404


def test_metrics(client: Client, settings) -> None:
    settings.METRICS_TOKEN = "a-long-enough-token"
    answer = client.get("/metrics", headers={"Authorization": "Bearer a-long-enough-token"})
    assert answer.status_code == 200
    assert b"django_http_requests_before_middlewares_total" in answer.content
    assert re.search(
        rb'django_db_query_duration_seconds_count\{alias="default",vendor="postgresql"\} [1-9]', answer.content
    )


@pytest.mark.parametrize("path", ["/livez", "/healthz", "/readyz"])
def test_balancers_may_ask_with_head(client: Client, path: str) -> None:
    answer = client.head(path)
    assert (answer.status_code, answer.content) == (200, b"")
    assert client.post(path).status_code == 405


def test_being_alive_asks_no_database(client: Client, django_assert_num_queries) -> None:
    with django_assert_num_queries(0):
        assert client.get("/livez").json() == {"status": "ok"}


def test_being_ready_asks_the_database_little(client: Client, django_assert_max_num_queries) -> None:
    client.get("/readyz")
    with django_assert_max_num_queries(3):
        client.get("/readyz")


def test_redis_that_is_away_is_named_and_degrades(client: Client, settings) -> None:
    settings.REDIS_URL = f"redis://127.0.0.1:{free_port()}/0"
    ready = client.get("/readyz")
    assert ready.status_code == 200
    assert (ready.json()["status"], ready.json()["redis"]) == ("degraded", "not reachable")


@pytest.mark.django_db(transaction=True)
def test_a_database_that_never_answers_is_named_in_time(client: Client, monkeypatch) -> None:
    monkeypatch.setattr("telemetry.dependencies.ANSWER_S", 0.3)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        [pid] = cursor.fetchone()
    os.kill(pid, signal.SIGSTOP)
    try:
        ready = client.get("/readyz")
    finally:
        os.kill(pid, signal.SIGCONT)
    assert ready.status_code == 503
    assert ready.json()["postgresql"] == "not reachable"
    connection.close()
    assert client.get("/readyz").status_code == 200
