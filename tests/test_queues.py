"""Queues: each task waits in one, and each has workers wherever Postcast runs."""

import re
import shlex
from pathlib import Path

import pytest
import yaml
from django.conf import settings

from config.celery import app
from config.settings.celery import QUEUES, ROUTES, queue_of
from deploy.local.run import WORKERS

ROOT = Path(__file__).resolve().parents[1]


def own_tasks() -> list[str]:
    app.loader.import_default_modules()
    return sorted(name for name in app.tasks if not name.startswith(("celery.", "tests.")))


@pytest.mark.parametrize("task", own_tasks())
def test_every_task_waits_in_the_queue_of_a_pattern(task: str) -> None:
    matched = next((queue for pattern, queue in ROUTES if re.fullmatch(pattern.replace("*", ".*"), task)), None)
    assert matched in QUEUES, f"name a queue for {task} in config/settings/celery.py"
    assert app.amqp.router.route({}, task)["queue"].name == matched


@pytest.mark.parametrize(
    ("task", "queue"),
    [
        ("accounts.sign_in.tasks.exchange_code", "interactive"),
        ("posts.imports.tasks.run_import", "outside"),
        ("posts.ingest.tasks.run_refresh", "outside"),
        ("posts.ingest.tasks.resume_stalled_refreshes", "interactive"),
        ("accounts.tasks.renew_credential", "outside"),
        ("predictions.learning.tasks.update_weights", "learning"),
        ("privacy.erasure.tasks.run_erasure", "privacy"),
        ("privacy.erasure.tasks.resume_erasures", "interactive"),
    ],
)
def test_what_waits_where(task: str, queue: str) -> None:
    assert queue_of(task) == queue


def served(command: str) -> list[str]:
    words = shlex.split(command)
    return words[words.index("--queues") + 1].split(",") if "worker" in words and "--queues" in words else []


def test_each_queue_has_one_worker_in_compose_and_in_make_run() -> None:
    services = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"].values()
    assert sorted(name for service in services for name in served(str(service.get("command", "")))) == sorted(QUEUES)
    assert sorted(name for queues, _ in WORKERS.values() for name in queues.split(",")) == sorted(QUEUES)


def test_a_worker_that_is_not_told_which_queues_serves_all() -> None:
    assert sorted(app.amqp.queues.consume_from) == sorted(QUEUES)


def test_the_readme_says_a_command_for_each_queue() -> None:
    commands = re.findall(r"celery --app config worker [^`\n]*", (ROOT / "README.md").read_text())
    assert sorted(name for command in commands for name in served(command)) == sorted(QUEUES)


def test_a_message_that_cannot_be_sent_keeps_a_request_waiting_for_seconds_at_most() -> None:
    options = settings.CELERY_BROKER_TRANSPORT_OPTIONS
    assert (options["max_retries"] + 1) * options["socket_connect_timeout"] + options["interval_max"] < 3
    # and a worker waits for Redis however long it is away
    assert settings.CELERY_BROKER_CONNECTION_MAX_RETRIES is None
