"""Killing a real Celery worker's processes at random moments loses and doubles nothing."""

import os
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest
from celery import current_app
from django.db import connection
from django.utils import timezone

from posts.ingest.refreshing import resume_stalled
from posts.ingest.services import request_refresh
from posts.models import Refresh
from tests.posts.states import assert_like_the_sandbox, latest_refresh
from tests.prove import SEED, scaled
from tests.waiting import wait_until

pytestmark = pytest.mark.django_db(transaction=True)

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def worker(sandbox) -> Iterator[subprocess.Popen[bytes]]:
    """A worker with two processes on this test's database, Redis and sandbox."""
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "config.settings.test",
        "DATABASE_URL": os.environ["DATABASE_URL"].replace("/postcast", f"/{connection.settings_dict['NAME']}", 1),
        "TIKTOK_API_URL": sandbox.api_url,
        "TIKTOK_AUTHORIZE_URL": sandbox.authorize_url,
        "TIKTOK_CLIENT_KEY": sandbox.client_key,
        "TIKTOK_CLIENT_SECRET": sandbox.client_secret,
    }
    command = [sys.executable, "-m", "celery", "-A", "config", "worker", "--concurrency", "2", "--loglevel", "critical"]
    process = subprocess.Popen(command, cwd=ROOT, env=environment, start_new_session=True)
    try:
        wait_until(lambda: current_app.control.ping(timeout=0.5), "the worker answers")
        yield process
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def kill_processes(worker: subprocess.Popen[bytes]) -> int:
    """SIGKILL the worker's child processes; return how many there were."""
    children = Path(f"/proc/{worker.pid}/task/{worker.pid}/children").read_text().split()
    for child in children:
        os.kill(int(child), signal.SIGKILL)
    return len(children)


def is_done(account) -> bool:
    return latest_refresh(account).state == Refresh.State.DONE


def refresh_under_fire(sandbox, account, creator, worker, chance: random.Random) -> int:
    """Run a refresh while the worker is killed twice; return how often that hit a running refresh."""
    hits = 0
    request_refresh(account_id=account.pk)
    for _ in range(2):
        before = len(sandbox.control.requests())
        # after some calls, at any moment of the next one
        calls = chance.randrange(12)
        wait_until(lambda: is_done(account) or len(sandbox.control.requests()) >= before + calls, "it goes on")  # noqa: B023
        with suppress(subprocess.TimeoutExpired):
            worker.wait(chance.random() * 0.05)
        kill_processes(worker)
        hits += latest_refresh(account).state == Refresh.State.FETCHING
        # as beat does some minutes later; PostgreSQL may still hold the locks of the killed processes
        later = timezone.now() + timedelta(hours=1)
        wait_until(lambda: is_done(account) or resume_stalled(now=later), "it is resumed")  # noqa: B023
    wait_until(lambda: is_done(account), "the refresh is done")
    return hits


def prove_kills(sandbox, creator, connect, worker, record_property, rounds: int) -> None:
    chance = random.Random(SEED)
    account, hits, compared = connect(creator), 0, 0
    for number in range(rounds):
        if number:
            account.posts.order_by("?").first().delete()  # something to store and to measure anew
        hits += refresh_under_fire(sandbox, account, creator, worker, chance)
        published = sandbox.control.posts(creator)
        assert_like_the_sandbox(account, published)
        compared += len(published)
    record_property("refreshes under fire", rounds)
    record_property("kills that hit a running refresh", hits)
    record_property("posts found once each, with one observation", compared)
    assert hits > 0


def test_killed_workers_lose_and_double_nothing(sandbox, creator, connect, worker, record_property):
    prove_kills(sandbox, creator, connect, worker, record_property, rounds=3)


@pytest.mark.prove
def test_many_killed_workers_lose_and_double_nothing(sandbox, creator, connect, worker, record_property):
    prove_kills(sandbox, creator, connect, worker, record_property, rounds=scaled(60))
