"""gunicorn's configuration, for `make run` and production alike: the address comes from the command line."""

import os

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
