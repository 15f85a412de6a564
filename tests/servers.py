"""A pytest plugin (`-p tests.servers`): a PostgreSQL and a Redis of its own for every test process.

It is loaded before pytest-django reads the settings, which need the servers' addresses.
"""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

import psycopg
import pytest

from deploy.local.postgres import Postgres, start_postgres
from deploy.local.servers import start_redis


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """Start the servers, except in the process of pytest-xdist that only hands out tests."""
    hands_out_tests = getattr(early_config.known_args_namespace, "numprocesses", None)
    if hands_out_tests and "PYTEST_XDIST_WORKER" not in os.environ:
        return
    folder = Path(tempfile.mkdtemp(prefix="postcast-tests-"))
    # atexit runs backwards: the servers end before their folder goes
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    redis, redis_url = start_redis(folder / "redis")
    atexit.register(redis.kill)
    os.environ["REDIS_URL"] = redis_url
    postgres = start_postgres(folder / "postgres", "postcast")
    atexit.register(postgres.stop)
    _let_no_vacuum_count_rows(postgres)
    os.environ["DATABASE_URL"] = postgres.url
    os.environ["ERASURE_LEDGER_PATH"] = str(folder / "erasures.jsonl")


def _let_no_vacuum_count_rows(postgres: Postgres) -> None:
    """Tests roll back what they write: a table counted between two of them is empty, and plans for one row are slow."""
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        connection.execute("ALTER SYSTEM SET autovacuum = off")
        connection.execute("SELECT pg_reload_conf()")
