"""What everybody may know of how the service does: in words, and also while its parts are away."""

import re
import time
from typing import Any

import pytest
from django.test import Client

from config.outside import breaker
from telemetry.queues import Queue
from telemetry.service_levels import heartbeat
from telemetry.status_page import selectors
from telemetry.status_page.selectors import State, Status, status

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def beat() -> None:
    heartbeat.note()


def states() -> dict[str, str]:
    return {part.key: part.state for part in status().parts}


def test_everything_works() -> None:
    assert states() == {"forecasts": "up", "tiktok": "up", "background": "up"}
    page = Client().get("/status/").content.decode()
    assert "Everything works" in page
    assert re.search(r"Checked (just now|\d+ seconds ago)\.", page)


def test_without_beat_work_stands_still(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heartbeat, "last", lambda: time.time() - 600)
    assert states() == {"forecasts": "up", "tiktok": "slow", "background": "down"}
    assert "Not everything works right now" in Client().get("/status/").content.decode()


def test_without_redis_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(selectors, "redis_fault", lambda: "not reachable")
    assert states() == {"forecasts": "up", "tiktok": "slow", "background": "down"}


@pytest.mark.parametrize(
    ("queue", "expected"),
    [
        ("outside", {"forecasts": "up", "tiktok": "slow", "background": "up"}),
        ("learning", {"forecasts": "up", "tiktok": "up", "background": "slow"}),
    ],
)
def test_a_queue_that_waits_for_long_is_late(
    queue: str, expected: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(selectors, "queues", lambda _: [Queue(queue, 9, 7_200.0)])
    assert states() == expected


def test_a_tiktok_that_keeps_failing_is_told(settings: Any) -> None:
    settings.TIKTOK_API_URL = "https://open.tiktok.example"
    assert states()["tiktok"] == State.UP
    for _ in range(breaker.FAILURES):
        breaker.enter("tiktok:open.tiktok.example", longest_s=1).leave(succeeded=False)
    status.cache_clear()
    assert states()["tiktok"] == State.DOWN


def test_an_installation_without_tiktok_works_all_the_same(settings: Any) -> None:
    settings.TIKTOK_CLIENT_KEY = ""
    assert states()["tiktok"] == State.OFF
    assert status().works


def test_it_answers_while_the_database_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(selectors, "postgresql_fault", lambda: "not reachable")
    page = Client().get("/status/")
    assert page.status_code == 200
    assert "The database does not answer" in page.content.decode()
    monkeypatch.setattr("privacy.erasure.restores.gate.GATE.reason", lambda: "shut")
    assert Client().get("/status/").status_code == 200
    assert Client().get("/").status_code == 503


def test_it_is_checked_once_however_often_it_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    monkeypatch.setattr(selectors, "postgresql_fault", lambda: asked.append(1))
    for _ in range(3):
        Client().get("/status/")
    assert len(asked) == 1


def test_an_older_check_says_how_old_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    old = Status((), time.time() - 9)
    monkeypatch.setattr("telemetry.status_page.views.status", lambda: old)
    assert "Checked 9 seconds ago." in Client().get("/status/").content.decode()
