"""Metrics of Celery's processes: a worker and its children write into one folder, and the parent serves it."""

from typing import Any

from celery.signals import beat_init, celeryd_init, worker_process_shutdown

from telemetry.metrics import server
from telemetry.metrics.files import fold_ended_others


@celeryd_init.connect(weak=False)
def _serve_worker(**_: Any) -> None:
    server.serve()


@beat_init.connect(weak=False)
def _serve_beat(**_: Any) -> None:
    server.serve()


@worker_process_shutdown.connect(weak=False)
def _fold_siblings(**_: Any) -> None:
    fold_ended_others()
