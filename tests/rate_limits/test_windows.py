"""Moving windows, in Redis and in a process alone."""

import os
import signal
import subprocess
import threading
import time
from collections import deque
from unittest import mock

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as profile
from hypothesis import strategies as st

from config.rate_limits import windows
from config.rate_limits.shared import TIMEOUT_S
from config.rate_limits.variables import Limit, Rate, parse_rate
from config.rate_limits.windows import Charge, LocalWindows, take


def charge(subject: str = "person:1", amount: int = 3, window_s: int = 60, cost: int = 1) -> Charge:
    return Charge(Limit.PREDICT, subject, Rate(amount, window_s), cost)


@pytest.fixture(params=["redis", "local"])
def _both(request: pytest.FixtureRequest) -> None:
    """The same test with Redis, and without it."""
    request.getfixturevalue("own_redis" if request.param == "redis" else "no_redis")


@pytest.mark.usefixtures("_both")
def test_so_many_pass_and_no_more():
    answers = [take([charge()]) for _ in range(5)]
    assert [answer.passes for answer in answers] == [True, True, True, False, False]
    assert [answer.standings[0].remaining for answer in answers] == [2, 1, 0, 0, 0]
    assert all(59 <= answer.standings[0].reset_s <= 60 for answer in answers)
    assert take([charge("person:2")]).passes


@pytest.mark.usefixtures("_both")
def test_the_window_moves():
    began = time.monotonic()
    assert [take([charge(window_s=1)]).passes for _ in range(4)] == [True, True, True, False]
    while not take([charge(window_s=1)]).passes:
        time.sleep(0.02)
    assert 0.98 <= time.monotonic() - began < 1.5
    assert [take([charge(window_s=1)]).passes for _ in range(3)] == [True, True, False]


@pytest.mark.usefixtures("_both")
def test_either_every_window_has_room_or_nothing_is_counted():
    narrow, wide = charge(amount=1), charge("address:1", amount=10)
    assert take([narrow, wide]).passes
    refused = take([narrow, wide])
    assert not refused.passes
    assert refused.fullest.charge == narrow
    assert refused.standings[1].remaining == 9


@pytest.mark.usefixtures("_both")
def test_what_costs_more_takes_more():
    assert take([charge(amount=5, cost=4)]).standings[0].remaining == 1
    assert not take([charge(amount=5, cost=2)]).passes
    assert take([charge(amount=5)]).passes
    assert not take([charge(amount=5, cost=6)]).passes


@pytest.mark.usefixtures("_both")
def test_a_limit_that_was_lowered_waits_for_as_many_to_leave():
    for _ in range(4):
        take([charge(amount=4)])
    assert not take([charge(amount=2)]).passes


def test_many_at_once_get_exactly_the_limit(own_redis: subprocess.Popen[bytes]):
    passed: deque[bool] = deque()

    def ask() -> None:
        for _ in range(20):
            passed.append(take([charge(amount=50)]).passes)

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(passed), sum(passed)) == (160, 50)


def test_one_round_trip_for_all_windows(own_redis: subprocess.Popen[bytes]):
    take([charge()])
    with mock.patch("redis.connection.Connection.send_packed_command", autospec=True) as send:
        send.side_effect = ConnectionError
        with pytest.raises(ConnectionError):
            take([charge(), charge("address:1")])
    assert send.call_count == 1


def test_a_process_goes_on_from_what_it_let_pass(own_redis: subprocess.Popen[bytes]):
    assert take([charge()]).passes
    own_redis.kill()
    own_redis.wait()
    assert [take([charge()]).passes for _ in range(3)] == [True, True, False]


def test_a_redis_that_is_away_costs_nothing(no_redis: None):
    take([charge(amount=1_000)])
    began = time.perf_counter()
    for _ in range(200):
        assert take([charge(amount=1_000)]).passes
    assert (time.perf_counter() - began) / 200 < 0.002


def test_a_redis_that_hangs_costs_one_timeout(own_redis: subprocess.Popen[bytes]):
    take([charge(amount=1_000)])
    os.kill(own_redis.pid, signal.SIGSTOP)
    began = time.perf_counter()
    for _ in range(50):
        assert take([charge(amount=1_000)]).passes
    assert TIMEOUT_S <= time.perf_counter() - began < 2 * TIMEOUT_S + 0.2


def test_redis_is_used_again_once_it_is_back(own_redis, settings, monkeypatch):
    monkeypatch.setattr("config.rate_limits.shared.AWAY_S", 0.05)
    os.kill(own_redis.pid, signal.SIGSTOP)
    take([charge(amount=1)])
    os.kill(own_redis.pid, signal.SIGCONT)
    time.sleep(0.1)
    assert take([charge("person:2", amount=1)]).passes
    monkeypatch.setattr(windows, "LOCAL", LocalWindows())
    assert not take([charge("person:2", amount=1)]).passes


def test_a_process_keeps_a_bounded_number_of_windows():
    local = LocalWindows(most=10)
    for number in range(100):
        local.take([charge(f"person:{number}")])
    assert len(local) == 10
    assert local.take([charge("person:99")]).standings[0].remaining == 1


@given(
    steps=st.lists(st.tuples(st.integers(0, 40), st.integers(1, 3)), max_size=60),
    amount=st.integers(1, 6),
)
@profile(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_window_of_any_place_holds_more_and_none_is_refused_without_cause(steps, amount):
    """The definition, against a plain list of what passed."""
    local, now = LocalWindows(), 1
    passed: list[int] = []
    for pause, cost in steps:
        now += pause
        with mock.patch("time.monotonic", return_value=now):
            answer = local.take([charge(amount=amount, cost=cost)])
        inside = [moment for moment in passed if moment > now - 60]
        assert answer.passes == (len(inside) + cost <= amount)
        passed += [now] * cost * answer.passes
        if not answer.passes and cost <= amount:
            later = now + answer.standings[0].reset_s
            assert len([moment for moment in passed if moment > later - 60]) + cost <= amount
    for end in passed:
        assert len([moment for moment in passed if end - 60 < moment <= end]) <= amount


@pytest.mark.parametrize("text", ["", "0/min", "1/week", "-1/min", "1.5/min", "12345678/min", "1/min\n"])
def test_what_is_no_rate_is_refused(text):
    with pytest.raises(ValueError, match="is no rate; expected"):
        parse_rate(text)
