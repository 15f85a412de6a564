"""Two beats do no harm: each scheduled task, run by two workers at once and one after the other."""

import threading
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from config.celery import _BEAT_LOCKS, app
from tests.factories import TikTokAccountFactory, history_of_posts

pytestmark = pytest.mark.django_db(transaction=True)

app.loader.import_default_modules()
SCHEDULED = sorted({str(entry["task"]) for entry in settings.CELERY_BEAT_SCHEDULE.values()})


def as_worker(name: str) -> None:
    """Run the task as a worker does that got beat's message."""
    task = app.tasks[name]
    task.push_request(id=f"{name}-{threading.get_ident()}", called_directly=False, args=(), kwargs={})
    try:
        task()
    finally:
        task.pop_request()


def at_once(name: str, count: int = 2) -> list[BaseException]:
    raised: list[BaseException] = []
    start = threading.Barrier(count)

    def run() -> None:
        try:
            start.wait()
            as_worker(name)
        except BaseException as error:  # noqa: BLE001 - told to the test
            raised.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return raised


@pytest.fixture
def account(settings: Any) -> None:
    settings.TRAIL_ANCHOR_PATH = ""
    history_of_posts(TikTokAccountFactory(), count=6, until=timezone.now())


def test_tasks_that_two_beats_send_are_done_and_raise_nothing(account: None) -> None:
    for name in SCHEDULED:
        # a training takes long, and has a lock of its own (tests/predictions/training/test_training_lock.py)
        if not name.endswith("retrain_model"):
            assert at_once(name) == [], name
            as_worker(name)


def test_of_two_at_once_one_works(account: None, monkeypatch: pytest.MonkeyPatch) -> None:
    name, ran, held = "telemetry.tasks.relay_outbox", list[int](), threading.Barrier(2)

    def relay() -> int:
        ran.append(1)
        held.wait(20)
        return 0

    monkeypatch.setattr("telemetry.outbox.relay", relay)
    other = threading.Thread(target=lambda: at_once(name, count=1))
    other.start()
    while not ran:
        pass
    as_worker(name)
    assert ran == [1]
    held.wait(20)
    other.join()
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND classid = %s", [_BEAT_LOCKS])
        assert cursor.fetchone() == (0,)
