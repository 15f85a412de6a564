"""Fixtures that many tests share. The servers behind them are started by tests/servers.py."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import hypothesis
import pytest
import redis as redis_client
from django.conf import settings
from django.db import connection
from django.test import TransactionTestCase
from pytest_django.fixtures import Settings
from pytest_django.plugin import DjangoDbBlocker
from rest_framework.test import APIClient

from telemetry.status_page.selectors import status
from tests.flush import flush_written_tables, remember_kept_rows
from tests.migrated import MigratedDatabase
from tests.sandbox.client import SandboxProcess
from tests.servers import needs_servers

# a busy machine is no error
hypothesis.settings.register_profile("without_deadline", deadline=None)
# `make test`: what passes here passes there too, and `make prove` draws anew each time
hypothesis.settings.register_profile("repeatable", deadline=None, derandomize=True)
hypothesis.settings.load_profile("without_deadline")

LONGEST = (
    "test_make_run.py", "test_whole_way.py", "test_craft.py", "test_leakage.py", "test_leakage_alarm.py",
    "test_proofs.py", "test_journeys.py", "test_query_counts.py", "test_every_route.py", "test_headers.py",
    "test_ownership.py", "test_odd_answers.py", "test_faults.py", "test_bad_input.py", "test_erasure.py",
    "test_comparison.py", "test_forgotten_accounts.py", "test_training_lock.py", "test_truth.py", "test_kills.py",
    "test_restores.py", "test_rollback.py", "test_composer.py", "test_backtest.py",
)  # fmt: skip
"""Files whose tests take longest, in that order."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the longest files first: a file is one process's, and the last one must not keep the other waiting."""
    place = {name: i for i, name in enumerate(LONGEST)}
    items.sort(key=lambda item: place.get(item.path.name, len(LONGEST)))


@pytest.fixture(autouse=True)
def _clean_servers(request: pytest.FixtureRequest) -> None:
    """Empty Redis and the ledger of erasures, so that nothing of one test reaches the next."""
    if needs_servers(request.path):
        _redis().flushdb()
        Path(settings.ERASURE_LEDGER_PATH).unlink(missing_ok=True)


@cache
def _redis() -> redis_client.Redis:
    return redis_client.Redis.from_url(settings.REDIS_URL)


@pytest.fixture(autouse=True)
def _open_gate(monkeypatch: pytest.MonkeyPatch) -> None:
    """It looks every few seconds, which would make the number of queries in tests a matter of luck."""
    monkeypatch.setattr("privacy.erasure.restores.gate.GATE.reason", lambda: "")


@pytest.fixture(autouse=True)
def _check_status_anew(request: pytest.FixtureRequest) -> None:
    """The page of what works keeps its answer for seconds, which would reach the next test."""
    if needs_servers(request.path):
        status.cache_clear()


@pytest.fixture(scope="session")
def sandbox_process() -> Iterator[SandboxProcess]:
    """One sandbox for the whole test process; use `sandbox` for one without traces of other tests."""
    with SandboxProcess() as process:
        yield process


@pytest.fixture
def sandbox(sandbox_process: SandboxProcess, settings: Settings) -> SandboxProcess:
    """The sandbox, reset, with the application pointed at it."""
    sandbox_process.control.reset()
    settings.TIKTOK_AUTHORIZE_URL = sandbox_process.authorize_url
    settings.TIKTOK_API_URL = sandbox_process.api_url
    settings.TIKTOK_CLIENT_KEY = sandbox_process.client_key
    settings.TIKTOK_CLIENT_SECRET = sandbox_process.client_secret
    return sandbox_process


@pytest.fixture
def quick_training(monkeypatch: pytest.MonkeyPatch) -> None:
    """Train in a moment, for tests to which it does not matter how well a model learned."""
    monkeypatch.setattr("predictions.engine.estimators.trees._ROUNDS", 20)
    monkeypatch.setattr("predictions.engine.estimators.network._MIN_STEPS", 20)
    monkeypatch.setattr("predictions.engine.effects.fitting._ITERATIONS", 3)


@pytest.fixture
def api() -> APIClient:
    """A client of the REST API without a sign-in."""
    return APIClient()


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings: None, django_db_blocker: DjangoDbBlocker
) -> MigratedDatabase:
    """Let the test database be made from the one that an earlier test process migrated."""
    database = MigratedDatabase()
    with django_db_blocker.unblock():
        database.begin()
    return database


@pytest.fixture(scope="session")
def django_db_setup(
    django_db_modify_db_settings: MigratedDatabase, django_db_setup: None, django_db_blocker: DjangoDbBlocker
) -> None:
    """Tests that commit are followed by an emptying of all tables, which the access trail does not stand for."""
    django_db_modify_db_settings.is_made()
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute("ALTER TABLE privacy_accessevent DISABLE TRIGGER never_emptied")
        remember_kept_rows()
    TransactionTestCase._fixture_teardown = flush_written_tables  # type: ignore[attr-defined]
