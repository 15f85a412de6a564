"""/metrics of processes that serve no requests: Celery's workers and beat, where METRICS_PORT names a port.

Only who sends METRICS_TOKEN is answered, as at the web server's `/metrics`.
"""

import threading
from collections.abc import Callable, Iterable
from wsgiref.simple_server import WSGIRequestHandler, make_server

import structlog
from django.conf import settings
from prometheus_client import CONTENT_TYPE_LATEST

from telemetry.metrics.files import exposition
from telemetry.metrics.token import is_allowed

log = structlog.get_logger(__name__)


class _Silent(WSGIRequestHandler):
    timeout = 5
    """Seconds: a client that sends nothing must not keep the others out."""

    def log_message(self, format: str, *_: object) -> None:
        """Log nothing: it is asked every few seconds."""


def answer(environ: dict[str, object], start_response: Callable[..., object]) -> Iterable[bytes]:
    """Answer a scrape of this process and its children (WSGI); 404 to all others."""
    allowed = is_allowed(str(environ.get("HTTP_AUTHORIZATION", "")))
    if environ.get("PATH_INFO") != "/metrics" or not allowed:
        start_response("404 Not Found", [("Content-Type", "text/plain")])
        return [b"There is nothing here.\n"]
    start_response("200 OK", [("Content-Type", CONTENT_TYPE_LATEST)])
    return [exposition()]


def serve() -> None:
    """Serve in a thread of this process, or do nothing without a port or a token."""
    if not settings.METRICS_PORT or not settings.METRICS_TOKEN:
        return
    server = make_server("0.0.0.0", settings.METRICS_PORT, answer, handler_class=_Silent)  # noqa: S104 - on the inner network
    threading.Thread(target=server.serve_forever, name="metrics", daemon=True).start()
    log.info("metrics_served", port=settings.METRICS_PORT)
