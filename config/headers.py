"""The headers of every answer: what browsers may keep, use and embed."""

from collections.abc import Callable
from io import BytesIO
from typing import Any

import structlog
from csp.middleware import CSPMiddleware
from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.clickjacking import XFrameOptionsMiddleware
from django.middleware.security import SecurityMiddleware
from django.shortcuts import render

log = structlog.get_logger(__name__)

PUBLIC = frozenset(("accounts:robots", "accounts:favicon", "security_txt", "api:schema"))
"""Addresses that say the same to everybody, and so may be kept. All others, errors too, are kept by nobody."""
PUBLIC_MAX_AGE = "public, max-age=3600"

_NEEDED_BY_NOBODY = (
    *("accelerometer", "autoplay", "camera", "display-capture", "encrypted-media", "fullscreen", "geolocation"),
    *("gyroscope", "hid", "magnetometer", "microphone", "midi", "payment", "picture-in-picture"),
    *("publickey-credentials-get", "screen-wake-lock", "serial", "usb", "xr-spatial-tracking"),
)
PERMISSIONS_POLICY = ", ".join(f"{feature}=()" for feature in _NEEDED_BY_NOBODY)


class HeadersMiddleware:
    """Sets the headers that Django's own middleware does not, and refuses hosts that are not ours in one line.

    Outermost, so that no error page or redirect goes without them.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        try:
            request.get_host()
        except DisallowedHost:
            response = _refuse_host(request)
        else:
            response = self.get_response(request)
        response.headers["Permissions-Policy"] = PERMISSIONS_POLICY
        response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
        # what WhiteNoise serves has its own
        if not request.path.startswith(settings.STATIC_URL) or response.status_code >= 400:
            response.headers["Cache-Control"] = _kept_by(request, response)
        return response


class ProgramHeadersMiddleware(HeadersMiddleware):
    """Does for programs what HeadersMiddleware and the middleware of `_SECURITY` do for pages.

    Their headers say the same in every answer: they are asked for them once.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        super().__init__(get_response)
        self.redirects = SecurityMiddleware(get_response)
        self.headers = {secure: _security_headers(secure=secure) for secure in (False, True)}

    def __call__(self, request: HttpRequest) -> HttpResponse:
        try:
            request.get_host()
        except DisallowedHost:
            response = _refuse_host(request)
        else:
            response = self.redirects.process_request(request) or self.get_response(request)
        # past their `setdefault`, which would check eight constant values anew in each answer
        headers = response.headers._store
        response.headers._store = {**self.headers[bool(request.is_secure())], **headers}
        response.headers["Cache-Control"] = _kept_by(request, response)
        if not response.streaming and "Content-Length" not in response.headers:
            response.headers["Content-Length"] = str(len(response.content))
        return response


_SECURITY = (SecurityMiddleware, CSPMiddleware, XFrameOptionsMiddleware)


def _security_headers(*, secure: bool) -> dict[str, tuple[str, str]]:
    """Return the headers that these set in an empty answer, and ours: as Django keeps them, by name in lower case."""
    request = WSGIRequest(
        {"REQUEST_METHOD": "GET", "wsgi.input": BytesIO(), "wsgi.url_scheme": "https" if secure else "http"}
    )
    response: Any = HttpResponse()
    del response.headers["Content-Type"]
    for middleware in _SECURITY:
        middleware(lambda _: HttpResponse()).process_response(request, response)
    response.headers["Permissions-Policy"] = PERMISSIONS_POLICY
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    return dict(response.headers._store)


def _kept_by(request: HttpRequest, response: HttpResponse) -> str:
    match = request.resolver_match
    public = match is not None and match.view_name in PUBLIC and response.status_code < 400
    return PUBLIC_MAX_AGE if public else "no-store"


def _refuse_host(request: HttpRequest) -> HttpResponse:
    """Answer 400. Django would log a traceback, as an error, for every client that asks for another host."""
    log.warning("host_refused", host=str(request.META.get("HTTP_HOST", ""))[:100])
    detail = "This service does not answer to that host name."
    response: Any
    if request.path.startswith(("/api/", "/predict", "/_allauth/")):
        problem = {"type": "about:blank", "title": "Bad Request", "status": 400, "detail": detail}
        response = JsonResponse(problem, status=400, content_type="application/problem+json")
    else:
        response = render(None, "400.html", status=400)
    # it was logged above, with the name
    response._has_been_logged = True
    return response  # type: ignore[no-any-return]
