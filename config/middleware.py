"""Middleware of the project."""

import logging
from collections.abc import Callable
from uuid import uuid4

import structlog
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.views.defaults import bad_request
from django_structlog.middlewares import RequestMiddleware

from config.logs import log_line

_LINES = logging.getLogger(__name__)
log = structlog.get_logger(__name__)


def number_requests(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Return middleware that gives each request an id for the logs, which error pages show.

    It stands outside of what may refuse a request. The id is ours: one that a client sent would stand in the access
    trail for ever.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        with structlog.contextvars.bound_contextvars(request_id=str(uuid4())):
            return get_response(request)

    return middleware


class LoggedRequestMiddleware(RequestMiddleware):
    """Logs each request without its query, which may hold names, and without the browser that sent it."""

    def prepare(self, request: HttpRequest) -> None:
        """Log its beginning."""
        log.info("request_started", request=self.format_request(request))

    @staticmethod
    def format_request(request: HttpRequest) -> str:
        """Return method and path."""
        return f"{request.method} {request.path}"


class ProgramLogMiddleware(LoggedRequestMiddleware):
    """Logs a program's request in one line, once it is answered, under an id of ours."""

    def prepare(self, request: HttpRequest) -> None:
        """Number the request."""
        structlog.contextvars.bind_contextvars(request_id=str(uuid4()))

    def handle_response(self, request: HttpRequest, response: HttpResponse) -> None:
        """Log its end, as django_structlog does; streams and failures as that does them."""
        if response.streaming or hasattr(request, "_raised_exception"):
            super().handle_response(request, response)
            return
        level = self._log_level_for_status_code(response.status_code)
        log_line(_LINES, level, "request_finished", code=response.status_code, request=self.format_request(request))
        structlog.contextvars.clear_contextvars()


def refuse_nul_in_cookies(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Return middleware that answers 400 for it: PostgreSQL, which looks a session up by its key, has no such text."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if any("\0" in value for value in request.COOKIES.values()):
            return bad_request(request, BadRequest("NUL in a cookie"))
        return get_response(request)

    return middleware
