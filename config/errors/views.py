"""The page for a form without a valid CSRF token."""

from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from config.errors.typed import typed_texts


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer 403 with what was typed (Django's `CSRF_FAILURE_VIEW`)."""
    return render(request, "403_csrf.html", {"typed": typed_texts(request)}, status=HTTPStatus.FORBIDDEN)
