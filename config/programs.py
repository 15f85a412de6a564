"""The two ways through the middleware: of browsers, for pages, and of programs, for the API.

Settings have a list for each, `MIDDLEWARE` and `PROGRAMS_MIDDLEWARE`. A program needs no session, no messages and no
page of consents, and its requests do not pay for them. A request to the API with a cookie, or with a session's token,
goes the way of browsers: a person who is signed in may call the API too.
"""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.core.handlers.base import BaseHandler
from django.core.handlers.exception import convert_exception_to_response
from django.http import HttpRequest, HttpResponse
from django.utils.module_loading import import_string

from config.api.problems import is_api


class ProgramsMiddleware:
    """Leads requests of programs through `PROGRAMS_MIDDLEWARE`, all others through what follows in `MIDDLEWARE`."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.pages = get_response
        self.programs = _ProgramsHandler()
        self.programs.load_middleware()

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if _brings_a_session(request) or not is_api(request):
            return self.pages(request)
        request.user = AnonymousUser()
        return self.programs.answer(request)


class _ProgramsHandler(BaseHandler):
    """Django's handler, with the other list."""

    answer: Callable[[HttpRequest], HttpResponse]

    def load_middleware(self, is_async: bool = False) -> None:
        """Build the chain: requests pass the list from its first entry on, answers and exceptions from its last."""
        self._view_middleware: list[Any] = []
        self._template_response_middleware: list[Any] = []
        self._exception_middleware: list[Any] = []
        chain: Any = convert_exception_to_response(self._get_response)  # type: ignore[attr-defined]
        for path in reversed(settings.PROGRAMS_MIDDLEWARE):
            middleware = import_string(path)(chain)
            if hasattr(middleware, "process_view"):
                self._view_middleware.insert(0, middleware.process_view)
            if hasattr(middleware, "process_exception"):
                self._exception_middleware.append(middleware.process_exception)
            chain = convert_exception_to_response(middleware)
        self.answer = chain


def _brings_a_session(request: HttpRequest) -> bool:
    return "HTTP_COOKIE" in request.META or "HTTP_X_SESSION_TOKEN" in request.META
