"""Answers while a request cannot be served: 503 with when to ask again, as a page or as problem details (RFC 9457)."""

import sys
from http import HTTPStatus

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string

from config.errors.typed import typed_texts

PROGRAMS = ("/api/", "/predict", "/_allauth/")
"""Paths that programs ask."""
DATABASE_AWAY = "Postcast cannot reach its database at the moment. Nothing that you sent was half kept."
DATABASE_RETRY_S = 10


def unavailable(request: HttpRequest, words: str, *, retry_after_s: int) -> HttpResponse:
    """Return the answer 503 that says why, in `words`, and when to ask again; it needs no database."""
    response: HttpResponse
    if request.path_info.startswith(PROGRAMS):
        status = HTTPStatus.SERVICE_UNAVAILABLE
        problem = {"type": "about:blank", "title": status.phrase, "status": status.value, "detail": words}
        response = JsonResponse(problem, status=status, content_type="application/problem+json")
    else:
        page = render_to_string("503.html", {"words": words, "typed": typed_texts(request)})
        response = HttpResponse(page, status=HTTPStatus.SERVICE_UNAVAILABLE)
    response["Retry-After"] = str(retry_after_s)
    response["Cache-Control"] = "no-store"
    return response


def answer_error(request: HttpRequest) -> HttpResponse:
    """Answer a request that raised: 503 where the database could not be used, 500 otherwise (Django's `handler500`)."""
    error = sys.exc_info()[1]
    if isinstance(error, OperationalError | InterfaceError):
        return unavailable(request, DATABASE_AWAY, retry_after_s=DATABASE_RETRY_S)
    page = render_to_string("500.html", {"typed": typed_texts(request)})
    return HttpResponse(page, status=HTTPStatus.INTERNAL_SERVER_ERROR)
