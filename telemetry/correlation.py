"""Ids that go from a request into the tasks it sends, so that one search of the logs finds all of its work.

A message carries the request's id and the account's pseudonym in the logs, never the account's own id: messages stand
in Redis, and erasure looks for ids there.
"""

from typing import Any

import structlog
from celery import Task
from celery.signals import before_task_publish, task_postrun, task_prerun

CARRIED = ("request_id", "account")


def about_account(public_id: str) -> None:
    """Name the account in the lines that follow, by its pseudonym in the logs."""
    from config.logs import log_name

    structlog.contextvars.bind_contextvars(account=log_name(public_id))


@before_task_publish.connect(weak=False)
def _carry(headers: dict[str, Any], **_: Any) -> None:
    bound = structlog.contextvars.get_contextvars()
    headers.update({f"log_{name}": str(bound[name]) for name in CARRIED if name in bound})


_before: dict[str, Any] = {}
"""A running task's id -> what `reset_contextvars` takes."""


@task_prerun.connect(weak=False)
def _take_up(task_id: str, task: "Task[Any, Any]", **_: Any) -> None:
    carried = {name: task.request.get(f"log_{name}") for name in CARRIED}
    bound = {name: value for name, value in carried.items() if value}
    _before[task_id] = structlog.contextvars.bind_contextvars(**bound)


@task_postrun.connect(weak=False)
def _put_down(task_id: str, **_: Any) -> None:
    structlog.contextvars.reset_contextvars(**_before.pop(task_id, {}))
