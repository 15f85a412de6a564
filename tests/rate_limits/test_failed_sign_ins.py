"""Guessing passwords and codes: delays that double, events, and no worker that hashes for everybody."""

import threading
import time
from typing import Any
from unittest import mock

import pytest
import redis
from django.contrib.auth.hashers import make_password
from django.db import connections
from django.test import Client
from django_otp.oath import totp
from django_otp.plugins.otp_totp.models import TOTPDevice
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from accounts.models import User
from accounts.staff.tries import FREE_BY_ADDRESS, FREE_BY_NAME
from config.rate_limits import delays
from config.rate_limits.delays import LONGEST_DELAY_S, SLOT_S, Trier, Try, delay_s
from privacy.trail import selectors as trail
from tests.factories import StaffFactory

pytestmark = pytest.mark.django_db

RIGHT = "a right password"


@pytest.fixture
def staff() -> User:
    user: User = StaffFactory(username="sam", password=make_password(RIGHT))
    return user


def enter(password: str, name: str = "sam", address: str = "192.0.2.1") -> Any:
    form = {"username": name, "password": password}
    return Client(REMOTE_ADDR=address).post("/admin/login/?next=/admin/", form)


@pytest.fixture(params=["redis", "local"])
def _both(request: pytest.FixtureRequest) -> None:
    request.getfixturevalue("own_redis" if request.param == "redis" else "no_redis")


@given(st.integers(1, 200), st.integers(0, 20))
def test_delays_double_up_to_the_longest(failures: int, free: int):
    now, after = delay_s(failures, free), delay_s(failures + 1, free)
    assert (now == 0) == (failures <= free)
    assert after == (1 if failures == free else min(2 * now, LONGEST_DELAY_S))


def test_each_failure_doubles_the_delay(own_redis, settings):
    client = redis.Redis.from_url(settings.REDIS_URL)
    for failures in range(1, 20):
        attempt = Try("password", [Trier("name:x", 3)])
        assert attempt.wait_s == 0
        attempt.end(right=False)
        if wait := delay_s(failures, 3):
            assert Try("password", [Trier("name:x", 3)]).wait_s == pytest.approx(wait, abs=0.3)
        client.hset("limit:password:failures:name:x", "until", "0")


def test_each_failure_doubles_the_delay_of_a_process_alone(no_redis):
    now = 1_000.0
    for failures in range(1, 20):
        with mock.patch("time.monotonic", return_value=now):
            attempt = Try("password", [Trier("name:x", 3)])
            assert attempt.wait_s == 0
            attempt.end(right=False)
        if wait := delay_s(failures, 3):
            with mock.patch("time.monotonic", return_value=now + wait - 0.01):
                assert Try("password", [Trier("name:x", 3)]).wait_s == pytest.approx(0.01)
        now += wait


@pytest.mark.usefixtures("_both")
def test_the_right_password_is_refused_during_a_delay_and_let_in_after_it(staff):
    assert [enter("wrong").status_code for _ in range(FREE_BY_NAME + 1)] == [200] * (FREE_BY_NAME + 1)
    refused = enter(RIGHT)
    assert (refused.status_code, refused["Retry-After"]) == (429, "1")
    assert "After wrong tries there is a pause" in refused.content.decode()
    assert enter(RIGHT, address="198.51.100.7").status_code == 429
    time.sleep(1.05)
    assert enter(RIGHT).status_code == 302
    assert enter("wrong").status_code == 200


def test_names_are_guessed_from_one_address_no_faster(own_redis):
    answers = [enter("wrong", name=f"name-{number}").status_code for number in range(FREE_BY_ADDRESS + 2)]
    assert answers == [200] * (FREE_BY_ADDRESS + 1) + [429]
    assert enter("wrong", name="another", address="198.51.100.7").status_code == 200


def test_nothing_is_hashed_during_a_delay(own_redis, staff):
    with mock.patch("django.contrib.auth.base_user.AbstractBaseUser.check_password", return_value=False) as check:
        answers = [enter("wrong").status_code for _ in range(10)]
    # on a slow machine the first delay, a second, may be over before the last try
    assert check.call_count == 10 - answers.count(429)
    assert answers[FREE_BY_NAME + 1] == 429


def test_a_wrong_password_is_hashed_once(own_redis, staff):
    with mock.patch("django.contrib.auth.hashers.MD5PasswordHasher.encode", return_value="") as encode:
        enter("wrong", name="nobody-of-that-name")
    assert encode.call_count == 1


def enter_and_leave() -> None:
    """Enter a wrong password in a thread, and leave none of its connections."""
    enter("wrong")
    connections.close_all()


@pytest.mark.django_db(transaction=True)
def test_one_password_is_hashed_at_a_time_and_nobody_waits(own_redis, staff):
    hashing, go_on = threading.Event(), threading.Event()

    def slow(*_: Any) -> bool:
        hashing.set()
        return go_on.wait(20)

    with mock.patch("django.contrib.auth.base_user.AbstractBaseUser.check_password", side_effect=slow):
        first = threading.Thread(target=enter_and_leave)
        first.start()
        assert hashing.wait(20)
        began = time.perf_counter()
        other = enter("wrong", name="somebody", address="198.51.100.7")
        assert (other.status_code, other["Retry-After"]) == (429, "1")
        assert time.perf_counter() - began < 1
        go_on.set()
        first.join()
    assert enter(RIGHT, address="198.51.100.7").status_code == 302
    assert SLOT_S <= 10


def test_a_failure_is_an_event_of_the_person_and_a_line_in_the_log(own_redis, staff):
    with capture_logs() as lines:
        enter("wrong")
    events = trail.events_about(staff.pk, by_others=True).filter(what__startswith="sign-in refused")
    assert [(event.what, event.through) for event in events] == [("sign-in refused: wrong password", "admin")]
    assert [line["known"] for line in lines if line["event"] == "secret_wrong"] == [True]
    assert "sam" not in str(lines)


def test_a_name_that_nobody_has_is_logged_alike(own_redis):
    with capture_logs() as lines:
        assert enter("wrong", name="nobody").status_code == 200
    assert [line["known"] for line in lines if line["event"] == "secret_wrong"] == [False]


def test_so_many_passwords_an_hour_whatever_the_pauses(own_redis, settings, staff):
    settings.RATE_LIMITS = settings.RATE_LIMITS | {"password": "2/hour"}
    assert [enter("wrong").status_code for _ in range(3)] == [200, 200, 429]


@pytest.mark.parametrize("door", ["/_allauth/browser/v1/auth/login", "/_allauth/app/v1/auth/login"])
def test_there_is_no_other_door_for_passwords(own_redis, staff, door):
    body = {"username": "sam", "password": RIGHT}
    assert Client().post(door, body, content_type="application/json").status_code == 404


def test_asking_for_the_password_anew_is_the_same_door(own_redis, staff):
    browser = Client()
    browser.force_login(staff)
    door = "/_allauth/browser/v1/auth/reauthenticate"
    answers = [
        browser.post(door, {"password": "wrong"}, content_type="application/json").status_code
        for _ in range(FREE_BY_NAME + 2)
    ]
    assert answers == [400] * (FREE_BY_NAME + 1) + [429]


def test_codes_are_guessed_no_faster_than_passwords(own_redis, staff):
    device = TOTPDevice.objects.create(user=staff)
    browser = Client()
    browser.force_login(staff)
    answers = [browser.post("/admin/second-factor/", {"code": "000000"}).status_code for _ in range(FREE_BY_NAME + 2)]
    assert answers == [200] * (FREE_BY_NAME + 1) + [429]
    code = f"{totp(device.bin_key):06d}"
    assert browser.post("/admin/second-factor/", {"code": code}).status_code == 429
    TOTPDevice.objects.update(throttling_failure_timestamp=None, throttling_failure_count=0)
    time.sleep(1.05)
    assert browser.post("/admin/second-factor/", {"code": f"{totp(device.bin_key):06d}"}).status_code == 302


def test_a_process_alone_keeps_a_bounded_number_of_names(no_redis, monkeypatch):
    monkeypatch.setattr("config.rate_limits.delays.MAX_LOCAL", 10)
    for number in range(50):
        Try("password", [Trier(f"name:{number}", 3)]).end(right=False)
    assert len(delays.LOCAL) <= 10
