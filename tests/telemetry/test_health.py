"""What load balancers and monitoring get to see."""

import re

import pytest
from django.db import connection
from django.test import Client

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
