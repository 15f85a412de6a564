"""Connections to PostgreSQL: no question before a request's first query, and no request lost to a restart."""

from typing import Any

import pytest
from django.db import connection

from config.postgres.prepared import prepared_cursor

pytestmark = pytest.mark.django_db(transaction=True)


def backend() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return int(cursor.fetchone()[0])


def as_a_new_request() -> None:
    wrapper: Any = connection
    wrapper.health_check_enabled, wrapper.health_check_done = True, False


def end(pid: int) -> None:
    other = connection.copy()
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
    other.close()


@pytest.mark.parametrize("prepared", [False, True])
def test_a_connection_that_postgresql_ended_is_replaced(prepared: bool) -> None:
    before = backend()
    end(before)
    as_a_new_request()
    with prepared_cursor() if prepared else connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        assert cursor.fetchone()[0] != before


def test_one_that_is_alive_is_asked_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    before = backend()
    as_a_new_request()
    monkeypatch.setattr(connection, "is_usable", lambda: pytest.fail("PostgreSQL was asked"))
    assert backend() == before


def test_a_repeated_statement_is_prepared() -> None:
    for number in range(7):
        with prepared_cursor() as cursor:
            cursor.execute("SELECT %s::integer + 41", [number])
            assert cursor.fetchone() == (number + 41,)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%%integer + 41%%'")
        assert cursor.fetchone() == (1,)
