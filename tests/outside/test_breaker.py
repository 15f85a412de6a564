"""A host that keeps failing is left alone; one call at a time, of all workers, finds out whether it is back."""

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from config.outside import breaker, shared
from config.outside.client import call
from config.outside.errors import HostResting, OutsideError
from tests.outside.outsiders import Outsider, answers, outsider

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def _short(monkeypatch, settings):
    settings.TIKTOK_API_URL = "http://127.0.0.1:1"
    monkeypatch.setattr(breaker, "REST_S", 0.2)
    monkeypatch.setattr(breaker, "LONGEST_REST_S", 0.5)
    breaker._local.hosts.clear()


@pytest.fixture(params=["with Redis", "without Redis"])
def redis_or_not(request, monkeypatch, settings):
    """Each test holds whether or not Redis is there."""
    if request.param == "without Redis":
        take_redis_away(monkeypatch, settings)


def take_redis_away(monkeypatch, settings, port: int = 1) -> None:
    """Let Redis be at a port where nobody listens, or somebody who says nothing."""
    settings.REDIS_URL = f"redis://127.0.0.1:{port}/0"
    away = shared.client.__wrapped__()
    monkeypatch.setattr(shared, "client", lambda: away)
    monkeypatch.setattr(shared, "_away_until", 0.0)


def get(server: Outsider) -> int:
    return call("GET", server.url, service="test", deadline_s=2, max_bytes=100).status


def fail_until_it_opens(server: Outsider) -> None:
    server.play = answers(500)
    for _ in range(breaker.FAILURES):
        assert get(server) == 500


@pytest.mark.usefixtures("redis_or_not")
def test_a_failing_host_is_left_alone_and_comes_back():
    with outsider(answers(500)) as server:
        fail_until_it_opens(server)
        with pytest.raises(HostResting) as resting:
            get(server)
        assert 0 < resting.value.retry_after <= 0.2
        assert server.connections == breaker.FAILURES
        server.play = answers(200)
        time.sleep(0.25)
        assert [get(server) for _ in range(20)] == [200] * 20


@pytest.mark.usefixtures("redis_or_not")
def test_a_failed_try_leaves_it_alone_for_twice_as_long():
    with outsider(answers(500)) as server:
        fail_until_it_opens(server)
        time.sleep(0.25)
        assert get(server) == 500
        with pytest.raises(HostResting) as resting:
            get(server)
        assert 0.2 < resting.value.retry_after <= 0.4
        assert server.connections == breaker.FAILURES + 1


@pytest.mark.usefixtures("redis_or_not")
def test_half_open_one_call_tries():
    with outsider(answers(500)) as server:
        fail_until_it_opens(server)
        time.sleep(0.25)
        passes = []

        def enter(_: int) -> None:
            try:
                passes.append(breaker.enter("test:127.0.0.1", longest_s=5))
            except HostResting:
                return

        with ThreadPoolExecutor(8) as workers:
            list(workers.map(enter, range(40)))
        assert [permission.probe for permission in passes] == [True]


@pytest.mark.usefixtures("redis_or_not")
def test_failures_between_successes_open_nothing():
    with outsider(answers(500)) as server:
        for _ in range(3):
            server.play = answers(500)
            for _ in range(breaker.FAILURES - 1):
                get(server)
            server.play = answers(200)
            assert get(server) == 200


@pytest.mark.usefixtures("redis_or_not")
@pytest.mark.parametrize("status", [200, 302, 400, 401, 404, 429])
def test_an_answer_is_no_failure(status):
    with outsider(answers(status)) as server:
        assert [get(server) for _ in range(2 * breaker.FAILURES)] == [status] * 2 * breaker.FAILURES


def test_a_probe_that_was_killed_holds_up_nobody():
    with outsider(answers(500)) as server:
        fail_until_it_opens(server)
        time.sleep(0.25)
        breaker.enter("test:127.0.0.1", longest_s=-0.8)  # a lease of 0.2 s, and no word after it
        with pytest.raises(HostResting):
            get(server)
        server.play = answers(200)
        time.sleep(0.25)
        assert get(server) == 200


TRY = """
import django, sys
django.setup()
from django.conf import settings
from config.outside.client import call
from config.outside.errors import HostResting
settings.TIKTOK_API_URL = "http://127.0.0.1:1"
try:
    print(call("GET", sys.argv[1], service="test", deadline_s=2, max_bytes=100).status)
except HostResting:
    print("resting")
"""


def test_all_processes_share_it(monkeypatch):
    monkeypatch.setattr(breaker, "REST_S", 30.0)
    monkeypatch.setattr(breaker, "LONGEST_REST_S", 30.0)
    with outsider(answers(500)) as server:
        fail_until_it_opens(server)
        ended = subprocess.run(
            [sys.executable, "-c", TRY, server.url], cwd=ROOT, capture_output=True, text=True, timeout=60
        )
        assert ended.stdout.splitlines()[-1] == "resting"
        assert server.connections == breaker.FAILURES


def test_services_at_one_host_have_each_their_own():
    with outsider(answers(500)) as server:
        fail_until_it_opens(server)
        server.play = answers(200)
        assert call("GET", server.url, service="other", deadline_s=2, max_bytes=100).status == 200


def test_redis_that_hangs_costs_a_moment_once(monkeypatch, settings):
    with outsider(answers(200)) as server, outsider(lambda connected: time.sleep(10)) as hanging:
        take_redis_away(monkeypatch, settings, port=hanging.socket.getsockname()[1])
        began = time.monotonic()
        assert [get(server) for _ in range(20)] == [200] * 20
        assert time.monotonic() - began < 2 * shared.LONGEST_WAIT_S + 1


def test_an_unreachable_host_counts_as_failing():
    for _ in range(breaker.FAILURES):
        with pytest.raises(OutsideError):
            call("GET", "http://127.0.0.1:1/", service="test", deadline_s=1, max_bytes=10)
    with pytest.raises(HostResting):
        call("GET", "http://127.0.0.1:1/", service="test", deadline_s=1, max_bytes=10)
