"""Metrics of tasks, counted by Celery's signals: how each ended, how long it ran, how long it waited in its queue."""

import time
from typing import Any

from celery import Task
from celery.signals import task_failure, task_postrun, task_prerun, task_retry, task_success
from prometheus_client import Counter, Gauge, Histogram

from telemetry.queues import SENT_AT

_BUCKETS = (0.05, 0.25, 1, 5, 15, 60, 300, 900)
ENDED = Counter("postcast_tasks_total", "Runs of tasks by how they ended: done, retried or failed.", ["task", "result"])
SECONDS = Histogram("postcast_task_seconds", "Time that a run of a task took.", ["task"], buckets=_BUCKETS)
WAITED = Histogram(
    "postcast_task_wait_seconds", "Time between a message's sending and its run.", ["queue"], buckets=_BUCKETS
)
BUSY = Gauge("postcast_tasks_running", "Tasks that run now.", multiprocess_mode="livesum")

_began: dict[str, float] = {}


@task_prerun.connect(weak=False)
def _begin(task_id: str, task: "Task[Any, Any]", **_: Any) -> None:
    _began[task_id] = time.monotonic()
    BUSY.inc()
    sent_at = task.request.get(SENT_AT)
    # a message that is tried again, or with a time before which it must not run, did not wait for a worker
    if sent_at and not task.request.retries and not task.request.eta:
        queue = (task.request.delivery_info or {}).get("routing_key") or "none"
        WAITED.labels(queue).observe(max(0.0, time.time() - float(sent_at)))


@task_postrun.connect(weak=False)
def _end(task_id: str, task: "Task[Any, Any]", **_: Any) -> None:
    began = _began.pop(task_id, None)
    if began is not None:
        BUSY.dec()
        SECONDS.labels(task.name).observe(time.monotonic() - began)


@task_success.connect(weak=False)
def _done(sender: "Task[Any, Any]", **_: Any) -> None:
    ENDED.labels(sender.name, "done").inc()


@task_retry.connect(weak=False)
def _retried(sender: "Task[Any, Any]", **_: Any) -> None:
    ENDED.labels(sender.name, "retried").inc()


@task_failure.connect(weak=False)
def _failed(sender: "Task[Any, Any]", **_: Any) -> None:
    ENDED.labels(sender.name, "failed").inc()
