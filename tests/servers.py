"""A pytest plugin (`-p tests.servers`): a PostgreSQL and a Redis of its own for every test process that needs them.

It is loaded before pytest-django reads the settings, which need the servers' addresses.
"""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

import psycopg
import pytest
import redis

from deploy.local.postgres import Postgres, start_postgres
from deploy.local.servers import start_redis

TESTS = Path(__file__).resolve().parent
_ALONE = ("engine", "sandbox_tests", "posts/content", "deploy/test_chart.py", "deploy/test_compose.py")
WITHOUT_SERVERS = tuple(TESTS / name for name in _ALONE)
"""Folders and files whose tests use neither PostgreSQL nor Redis."""


def needs_servers(path: Path) -> bool:
    """Return whether a test in this file or folder may use PostgreSQL or Redis."""
    return not any(path.is_relative_to(without) for without in WITHOUT_SERVERS)


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """Start the servers unless no chosen test needs them, or this process of pytest-xdist only hands out tests."""
    options = early_config.known_args_namespace
    if getattr(options, "numprocesses", None) and "PYTEST_XDIST_WORKER" not in os.environ:
        return
    chosen = [early_config.invocation_params.dir / name.split("::")[0] for name in options.file_or_dir]
    if chosen and not any(needs_servers(path.resolve()) for path in chosen):
        return
    folder = Path(tempfile.mkdtemp(prefix="postcast-tests-"))
    # atexit runs backwards: the servers end before their folder is removed
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    redis_process, redis_url = start_redis(folder / "redis")
    atexit.register(redis_process.kill)
    redis.Redis.from_url(redis_url).config_set("appendonly", "no")
    os.environ["REDIS_URL"] = redis_url
    postgres = start_postgres(folder / "postgres", "postcast")
    atexit.register(postgres.stop)
    _configure(postgres)
    os.environ["DATABASE_URL"] = postgres.url
    os.environ["ERASURE_LEDGER_PATH"] = str(folder / "erasures.jsonl")


def _configure(postgres: Postgres) -> None:
    """Do without what tests do not need: data that survives a power cut, and counts of rows.

    Tests roll back what they write: a table counted between two of them is empty, and plans for one row are slow.
    """
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        for name in ("autovacuum", "fsync", "synchronous_commit", "full_page_writes"):
            connection.execute(f"ALTER SYSTEM SET {name} = off")
        connection.execute("SELECT pg_reload_conf()")
