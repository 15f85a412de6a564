"""Middleware of the API's addresses: one rule for slashes, problem details from every layer, conditional requests."""

import json
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from corsheaders.middleware import CorsMiddleware
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.middleware import http
from django.utils.cache import patch_vary_headers

from config.api.problems import PROBLEM_CONTENT_TYPE, is_api, problem

HEADLESS = "/_allauth/"
"""Addresses of allauth's own API, whose errors have their own shape where it answers by itself."""
_SERVER_FAULT = "Something went wrong here, and was noted. The same request may succeed later."
_WORDS = {
    HTTPStatus.BAD_REQUEST: "The request cannot be read: its host, its address, its headers or its body are malformed.",
    HTTPStatus.FORBIDDEN: "This is not allowed.",
    HTTPStatus.NOT_FOUND: "There is nothing at this address; the schema at /api/v1/schema names those that there are.",
}
"""Detail by status, for answers that are no problem and say nothing themselves."""


class ProblemMiddleware:
    """Serves API addresses the same with and without a slash at the end, and turns every error there into a problem.

    It stands outside of all other middleware of ours, so that what those answer becomes one too: an unknown host or
    address, a missing CSRF token, a shut gate, a crash.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        is_headless = request.path_info.startswith(HEADLESS)
        if not is_api(request) and not is_headless:
            return self.get_response(request)
        if request.path_info.endswith("/") and not is_headless:
            request.path_info = request.path_info.rstrip("/")
            request.path = request.path.rstrip("/")
        response = self.get_response(request)
        kind = response.get("Content-Type", "")
        if response.status_code < HTTPStatus.BAD_REQUEST or kind == PROBLEM_CONTENT_TYPE:
            return response
        if is_headless and kind == "application/json":
            return response
        status = HTTPStatus(response.status_code)
        words = _SERVER_FAULT if status >= HTTPStatus.INTERNAL_SERVER_ERROR else _WORDS.get(status, status.description)
        # changed in place: its headers, those of security among them, stay
        response.content = json.dumps(problem(status, words)).encode()
        response["Content-Type"] = PROBLEM_CONTENT_TYPE
        response["Content-Length"] = str(len(response.content))
        # of the page that was replaced
        del response["ETag"]
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Answer 400 for JSON that is nested too deeply where allauth reads it."""
        if isinstance(exception, RecursionError) and request.path_info.startswith(HEADLESS):
            return HttpResponseBadRequest()
        return None


class QuickCorsMiddleware(CorsMiddleware):
    """corsheaders' middleware, which a request without an `Origin`, so from no page, passes by."""

    def __call__(self, request: HttpRequest) -> Any:
        if "HTTP_ORIGIN" in request.META:
            return super().__call__(request)
        response: Any = self.get_response(request)
        patch_vary_headers(response, ("origin",))
        return response


class ConditionalGetMiddleware(http.ConditionalGetMiddleware):
    """Django's `ETag` and 304 for answers of the API; pages have a new CSRF token in each.

    Also for those that no cache may store: what a program remembers of its person's data is for it to decide.
    """

    def needs_etag(self, response: HttpResponse) -> bool:  # type: ignore[override]
        """Return that it does."""
        return True

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:  # type: ignore[override]
        """Return the response with its `ETag`, or 304 where the client has it already."""
        if request.method != "GET":
            return response
        return super().process_response(request, response) if is_api(request) else response  # type: ignore[return-value]
