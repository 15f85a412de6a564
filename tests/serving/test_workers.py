"""Real workers: poison tasks end, killed children are noticed, and a Redis that restarts ends nobody."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from celery import Celery
from django.core.cache import cache
from django.utils import timezone

from config.celery import app
from deploy.local.servers import free_port, redis_command, wait_for_port
from privacy.export.services import resume_exports
from privacy.models import DataExport
from telemetry import failures
from telemetry.models import FailedTask
from tests.factories import UserFactory
from tests.serving.conftest import ROOT, environment
from tests.waiting import wait_until

pytestmark = pytest.mark.django_db(transaction=True)

NOTICED_S = 10
"""Within which a killed child's job is free again; beat looks every five seconds of them."""


@dataclass
class Worker:
    process: "subprocess.Popen[bytes]"
    log: Path
    redis: "subprocess.Popen[bytes]"
    redis_folder: Path
    redis_port: int

    def children(self) -> set[int]:
        found = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        return {int(child) for child in found.split()}

    def restart_redis(self, pause_s: float) -> None:
        self.redis.kill()
        self.redis.wait()
        time.sleep(pause_s)
        self.redis = start_redis(self.redis_folder, self.redis_port)


def start_redis(folder: Path, port: int) -> "subprocess.Popen[bytes]":
    process = subprocess.Popen(redis_command(folder, port), stdout=subprocess.DEVNULL)
    wait_for_port(port, process)
    return process


@pytest.fixture(scope="module")
def worker(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Worker]:
    """A worker of all queues with two processes, on the test's database and a Redis of its own."""
    folder, port = tmp_path_factory.mktemp("worker"), free_port()
    redis = start_redis(folder / "redis", port)
    command = [sys.executable, "-m", "celery", "--app", "tests.serving.poison", "worker", "--concurrency", "2"]
    command += ["--loglevel", "info", "--without-gossip", "--without-mingle"]
    settings = {**environment(), "REDIS_URL": f"redis://127.0.0.1:{port}/0"}
    log = folder / "worker.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=ROOT, env=settings, stdout=output, stderr=output, start_new_session=True
        )
    worker = Worker(process, log, redis, folder / "redis", port)
    try:
        wait_until(lambda: "ready." in log.read_text(), "the worker is ready", every_s=0.1)
        yield worker
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        worker.redis.kill()


@pytest.fixture(autouse=True)
def sender(worker: Worker, settings) -> Iterator[Celery]:
    """An application on the worker's Redis, which tasks are sent with, and the cache there."""
    url = f"redis://127.0.0.1:{worker.redis_port}/0"
    settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": url}}
    sender = Celery("sender", set_as_current=False)
    sender.config_from_object("django.conf:settings", namespace="CELERY")
    sender.conf.update(broker_url=url)
    sender.set_current()
    yield sender
    app.set_current()
    sender.close()


def failed(task: str) -> FailedTask:
    wait_until(lambda: FailedTask.objects.filter(task=task).exists(), f"{task} fails for good", every_s=0.05)
    [row] = FailedTask.objects.filter(task=task)
    return row


def test_a_task_that_raises_is_kept_after_three_tries_without_what_it_quotes(sender: Celery) -> None:
    sender.send_task("tests.poison.raises", [12])
    row = failed("tests.poison.raises")
    assert (row.tries, row.error, row.arguments) == (3, "builtins.ValueError", [12])
    assert (row.queue, row.state) == ("interactive", FailedTask.State.OPEN)
    assert row.message == "no row 12 for … … …"
    assert row.place.startswith("poison.py:")


def test_a_task_that_kills_its_process_is_kept_after_three_tries(sender: Celery) -> None:
    sender.send_task("tests.poison.kills", [13])
    row = failed("tests.poison.kills")
    assert (row.tries, row.arguments) == (3, [13])
    assert row.error.endswith("WorkerLostError")


def test_a_task_that_takes_too_long_is_kept_after_three_tries(sender: Celery) -> None:
    sender.send_task("tests.poison.hangs", [14])
    row = failed("tests.poison.hangs")
    assert (row.tries, row.arguments) == (3, [14])
    assert row.error.endswith("TimeLimitExceeded")


def test_staff_can_have_a_task_tried_again() -> None:
    row = FailedTask.objects.create(
        task_id="1", task="tests.poison.works", queue="interactive", arguments=["again"], error="x", tries=3
    )
    assert failures.retry([row.pk]) == 1
    wait_until(lambda: cache.get("worked:again"), "it works")
    row.refresh_from_db()
    assert (row.state, row.settled_at is not None) == (FailedTask.State.RETRIED, True)
    assert failures.retry([row.pk]) == 0


def test_the_job_of_a_killed_child_is_free_within_seconds_and_that_of_a_slow_one_is_not(
    worker: Worker, sender: Celery
) -> None:
    export = DataExport.objects.create(user=UserFactory(), heartbeat_at=timezone.now())
    sender.send_task("tests.poison.holds", [export.pk])
    wait_until(lambda: DataExport.objects.exclude(claim=None).exists(), "it is claimed")
    DataExport.objects.update(heartbeat_at=timezone.now() - timedelta(hours=1))
    assert resume_exports() == []
    for child in worker.children():
        os.kill(child, signal.SIGKILL)
    started = time.monotonic()
    wait_until(lambda: resume_exports() == [export.pk], "its job is free", patience_s=NOTICED_S, every_s=0.2)
    assert time.monotonic() - started < NOTICED_S
    sender.control.purge()


def test_a_redis_that_restarts_ends_no_worker(worker: Worker, sender: Celery) -> None:
    for number, pause_s in enumerate((0.0, 0.5, 2.0)):
        for part in range(4):
            # some end while Redis is away
            sender.send_task("tests.poison.works", [f"before{number}-{part}", 0.3 * part])
        time.sleep(0.3)
        worker.restart_redis(pause_s)

        def goes_on(name: str = f"after{number}") -> Any:
            # sent again: what a task leaves in the cache is forgotten while that still takes Redis for away
            sender.send_task("tests.poison.works", [name])
            return cache.get(f"worked:{name}")

        wait_until(goes_on, "it goes on working", every_s=0.5)
    assert worker.process.poll() is None
