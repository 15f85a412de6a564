"""gunicorn's configuration, for `make run` and production alike: the address comes from the command line.

A worker serves one request at a time and is killed when that takes too long. A proxy that buffers whole requests stands
in front (deploy/Caddyfile), so a slow client costs no worker.
"""

import atexit
import gc
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

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

# Each worker writes its figures for /metrics into this folder, so that every worker tells the figures of all. It is
# named before anything imports prometheus_client, which reads the variable once. A server that is replaced on SIGUSR2
# shares the folder of the one before.
if "GUNICORN_PID" not in os.environ:
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = tempfile.mkdtemp(prefix="postcast-metrics-")
        atexit.register(shutil.rmtree, os.environ["PROMETHEUS_MULTIPROC_DIR"], ignore_errors=True)
    _figures = Path(os.environ["PROMETHEUS_MULTIPROC_DIR"])
    _figures.mkdir(parents=True, exist_ok=True)
    # of workers that ended with an earlier server
    for _file in _figures.glob("*.db"):
        _file.unlink()


def when_ready(server: object) -> None:
    """Load the models in the parent, before the first worker is forked."""
    from config.build import build_commit
    from posts.content import language, tone
    from posts.content.meanings import stored_encoder
    from predictions.versions.registry import preload

    preload()
    stored_encoder()
    language.load()
    tone.load()
    build_commit()
    # what is loaded by now stays: workers need not look through it for garbage, and so keep sharing its memory
    gc.collect()
    gc.freeze()


def child_exit(server: object, worker: Any) -> None:
    """Add the figures of a worker that ended to those of earlier ones, so that its files do not stay."""
    from telemetry.figures import fold_ended

    fold_ended(worker.pid)
