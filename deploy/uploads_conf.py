"""gunicorn's configuration for imports alone (deploy/Caddyfile): bodies that are too large for the proxy to buffer.

They come as slowly as they are sent, so each has a thread, in a process that serves nothing else. It loads no model.
"""

import sys
from pathlib import Path

# as in gunicorn_conf.py
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from deploy.gunicorn_conf import child_exit, worker_exit

__all__ = ["child_exit", "worker_exit"]

worker_class = "gthread"
workers = 1
threads = 16
graceful_timeout = 20
control_socket_disable = True


def post_worker_init(worker: object) -> None:
    """Record the worker's requests."""
    from telemetry.requests import writing

    writing.start()
