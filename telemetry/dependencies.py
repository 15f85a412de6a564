"""Checks of what the service depends on, for `/readyz`: each names its fault, and none waits for long."""

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache

import redis
from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from telemetry.connections import redis_client

ANSWER_S = 3.0
"""Within which PostgreSQL has to answer; connecting has a bound of its own in the settings."""
NOT_REACHABLE = "not reachable"


def postgresql_fault() -> str:
    """Return why PostgreSQL cannot serve: away, silent for `ANSWER_S`, or without some migrations; empty if it can."""
    try:
        connection.ensure_connection()
        with _hung_up_after(ANSWER_S):
            missing = len(_migrations() - set(MigrationRecorder(connection).applied_migrations()))
    except DatabaseError:
        return NOT_REACHABLE
    return f"{missing} migrations are missing" if missing else ""


def redis_fault() -> str:
    """Return "not reachable" unless each Redis that is configured answers within seconds."""
    try:
        for url in {settings.REDIS_URL, settings.BROKER_REDIS_URL, settings.CACHE_REDIS_URL}:
            with redis_client(url) as client:
                client.ping()
    except redis.RedisError:
        return NOT_REACHABLE
    return ""


@cache
def _migrations() -> frozenset[tuple[str, str]]:
    """Return the migrations that this release has, by app and name; read from the disk once."""
    return frozenset(MigrationLoader(None, ignore_no_migrations=True).disk_migrations)


@contextmanager
def _hung_up_after(seconds: float) -> Iterator[None]:
    """End a wait for PostgreSQL within the context after so long, with an OperationalError.

    A server that is stopped, or a network that swallows packets, never answers, not even to a statement's own timeout:
    the connection's socket is shut down under the wait.
    """

    # a duplicate of our own: libpq may close its descriptor, and another thread reuse the number, at any time
    ours = socket.socket(fileno=os.dup(connection.connection.pgconn.socket))

    def hang_up() -> None:
        with suppress(OSError):
            ours.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(seconds, hang_up)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        ours.close()
