"""Metrics and traces of Celery's processes: a worker's children write into one folder, which the parent serves."""

from typing import Any

from celery.signals import beat_init, celeryd_init, worker_process_init, worker_process_shutdown

from telemetry import tracing
from telemetry.metrics import server
from telemetry.metrics.files import fold_ended_others


@celeryd_init.connect(weak=False)
def _serve_worker(**_: Any) -> None:
    server.serve()


@beat_init.connect(weak=False)
def _serve_beat(**_: Any) -> None:
    tracing.start()
    server.serve()


@worker_process_init.connect(weak=False)
def _trace(**_: Any) -> None:
    tracing.start()


@worker_process_shutdown.connect(weak=False)
def _fold_siblings(**_: Any) -> None:
    fold_ended_others()
