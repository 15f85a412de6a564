"""The limits on pages, the answer to what is over a limit, and the headers that tell how limits stand.

Headers are those of the IETF's draft-ietf-httpapi-ratelimit-headers-10: `RateLimit-Policy: "predict";q=120;w=60` says
the quota and its window in seconds, `RateLimit: "predict";r=119;t=60` what is left, and in how many seconds more is.
"""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from rest_framework.permissions import SAFE_METHODS
from rest_framework.views import APIView

from config.errors.typed import typed_texts
from config.rate_limits import subjects
from config.rate_limits.checks import RateLimited, enforce
from config.rate_limits.variables import Limit

HEADLESS_PATH = "/_allauth/"
API_PATHS = ("/api/", "/predict", HEADLESS_PATH)
UNLIMITED = ("telemetry:livez", "telemetry:healthz", "telemetry:readyz", "telemetry:metrics", "accounts:tiktok_webhook")
"""Asked for by machines; a webhook's signature is checked, and wrong ones are counted."""


class RateLimitMiddleware:
    """Counts pages, and what `rate_limited` names besides; API views count by themselves, once they know the person."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        standings = request.__dict__.get("rate_limit_standings", {})
        if standings and request.path_info.startswith(API_PATHS):
            response["RateLimit-Policy"] = ", ".join(
                f'"{each.charge.limit}";q={each.charge.rate.amount};w={each.charge.rate.window_s}'
                for each in standings.values()
            )
            response["RateLimit"] = ", ".join(
                f'"{each.charge.limit}";r={each.remaining};t={each.reset_s}' for each in standings.values()
            )
        return response

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: Any, kwargs: Any
    ) -> HttpResponse | None:
        """Refuse over the limit, before the view."""
        match = request.resolver_match
        if (match and match.view_name in UNLIMITED) or issubclass(getattr(view, "cls", object), APIView):
            return None
        named: tuple[Limit, ...] = () if request.method in SAFE_METHODS else getattr(view, "rate_limits", ())
        # looking for the person there would keep allauth.headless from finding them by X-Session-Token
        subject = subjects.address(request) if request.path_info.startswith(HEADLESS_PATH) else None
        try:
            enforce(request, *named, Limit.PAGE, subject=subject)
        except RateLimited as error:
            return _refusal(request, error)
        return None

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Answer for views that raise RateLimited; API views answer by themselves."""
        return _refusal(request, exception) if isinstance(exception, RateLimited) else None


def _refusal(request: HttpRequest, error: RateLimited) -> HttpResponse:
    status = HTTPStatus.TOO_MANY_REQUESTS
    headers = {"Retry-After": str(error.wait), "Cache-Control": "no-store"}
    if not request.path_info.startswith(API_PATHS):
        context = {"words": str(error.detail), "typed": typed_texts(request)}
        response = render(request, "429.html", context, status=status)
        for name, value in headers.items():
            response[name] = value
        return response
    problem = {"type": "about:blank", "title": status.phrase, "status": status.value, "detail": str(error.detail)}
    return JsonResponse(problem, status=status, headers=headers, content_type="application/problem+json")
