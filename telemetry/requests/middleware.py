"""Measures requests. It stands outermost, so that what other middleware answers is recorded too."""

from collections.abc import Callable
from time import perf_counter, time
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.functional import SimpleLazyObject

from telemetry.requests.queue import WAITING, Request
from telemetry.requests.stages import begin, end

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def record_requests(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Return middleware that records each request: its route, status and durations, never its address or content."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if not WAITING.is_open:
            return get_response(request)
        at, started = time(), perf_counter()
        measured, token = begin()
        try:
            response = get_response(request)
        finally:
            end(token)
        match = request.resolver_match
        WAITING.add(
            Request(
                at,
                match.route if match else "",
                request.method if request.method in METHODS else "OTHER",
                response.status_code,
                perf_counter() - started,
                measured.seconds,
                measured.model_version,
                _person(request),
            )
        )
        return response

    return middleware


def _person(request: HttpRequest) -> int | None:
    """Return the number of the person where the request loaded them: this must not ask the database."""
    user: Any = request.__dict__.get("user")
    if type(user) is SimpleLazyObject:
        user = request.__dict__.get("_cached_user")
    return user.pk if user is not None else None
