"""gunicorn's configuration, for `make run` and production alike: the address comes from the command line.

A worker serves one request at a time and is killed when that takes too long. A proxy that buffers whole requests stands
in front (deploy/Caddyfile), so a slow client costs no worker.
"""

import gc
import os
import sys
from pathlib import Path
from typing import Any

# gunicorn's own command reads this file before it takes the working directory into the path
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from telemetry.metrics.folder import use_folder

SHARED_MEMORY = "/dev/shm"  # noqa: S108

worker_class = "sync"
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
# models for texts and forecasts are loaded once, before the fork, and shared by all workers; none runs before the fork
preload_app = True
timeout = 30
graceful_timeout = 20
max_requests = 5000
max_requests_jitter = 500
# the workers' heartbeat files: a disk would stall them
worker_tmp_dir = SHARED_MEMORY if os.path.isdir(SHARED_MEMORY) else None
control_socket_disable = True

# Each worker writes its figures for /metrics into files, so that every worker tells the figures of all. The folder is
# named before anything imports prometheus_client, which reads the variable once. A server that is replaced on SIGUSR2
# shares the folder of the one before.
if "GUNICORN_PID" not in os.environ:
    use_folder()


def when_ready(server: object) -> None:
    """Load the models in the parent, before the first worker is forked."""
    from config.build import build_commit
    from posts.content import language, tone
    from posts.content.meanings import stored_encoder
    from predictions.versions.registry import preload
    from telemetry.metrics.files import fold_ended_others

    # of processes that were killed with an earlier server
    fold_ended_others()
    preload()
    stored_encoder()
    language.load()
    tone.load()
    build_commit()
    # what is loaded by now stays: workers need not look through it for garbage, and so keep sharing its memory
    gc.collect()
    gc.freeze()


def post_worker_init(worker: object) -> None:
    """Record the worker's requests, and learn the demo's account: by threads, which a fork would not take along."""
    from predictions.demo.account import warm_up
    from telemetry.requests import writing

    writing.start()
    warm_up()


def worker_exit(server: object, worker: object) -> None:
    """Write the records that wait."""
    from telemetry.requests import writing

    writing.stop()


def child_exit(server: object, worker: Any) -> None:
    """Add the figures of a worker that ended to those of earlier ones, so that its files do not stay."""
    from telemetry.metrics.files import fold_ended

    fold_ended(worker.pid)
