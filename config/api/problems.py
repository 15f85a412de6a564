"""Errors as problem details (RFC 9457), from views and from whatever answers before or instead of them."""

from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import exception_handler

from config.rate_limits import RateLimited
from config.rate_limits.throttles import count_refusal
from privacy.consent.selectors import NoConsent

PROBLEM_CONTENT_TYPE = "application/problem+json"


class MissingObject(exceptions.APIException):
    """A member names an object that is not there, or is somebody else's: both look alike."""

    status_code = HTTPStatus.NOT_FOUND
    default_code = "not_found"

    def __init__(self, field: str) -> None:
        self.field = field
        super().__init__("There is no such object, or it is not yours.")


class Conflict(exceptions.APIException):
    """The request is right, and what it is about does not stand as it would have to."""

    status_code = HTTPStatus.CONFLICT
    default_code = "conflict"


def is_api(request: HttpRequest) -> bool:
    """Return whether programs ask at this address, and so expect problem details instead of a page."""
    # `//api/...` and `/API/...` are nothing, and whoever asks there is a program all the same
    path = request.path_info.strip("/").lower()
    return path.startswith("api/") or path in ("api", "predict")


def problem(status: int, detail: str, errors: list[dict[str, str]] | None = None) -> dict[str, Any]:
    """Return the members of a problem; `errors` lists members and parameters with what is wrong with each.

    What they repeat of a request may hold half a pair of surrogates, which no answer can: it becomes a "?".
    """
    members: dict[str, Any] = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": int(status)}
    if errors is not None:
        members["errors"] = [{name: _encodable(text) for name, text in error.items()} for error in errors]
    return {**members, "detail": _encodable(detail)}


def _encodable(text: str) -> str:
    return text.encode("utf-8", "replace").decode()


def problem_details(exception: Exception, context: dict[str, Any]) -> Response | None:
    """Answer with DRF's statuses and headers, as problem details.

    Validation errors list what is wrong in `errors`: `[{"field": "post.text", "message": "..."}]`.
    """
    if isinstance(exception, NoConsent):
        exception = exceptions.PermissionDenied(str(exception))
    response = exception_handler(exception, context)
    if response is None:
        return None
    if response.status_code == HTTPStatus.UNAUTHORIZED:
        try:
            count_refusal(context["request"])
        except RateLimited as over:
            return problem_details(over, context)
    errors: list[dict[str, str]] | None = None
    if isinstance(exception, exceptions.ValidationError):
        errors = flatten(exception.detail)
    elif isinstance(exception, MissingObject):
        errors = [{"field": exception.field, "message": str(exception.detail)}]
    if errors is not None:
        detail = "; ".join(
            f"{error['field']}: {error['message']}" if error["field"] else error["message"] for error in errors
        )
    elif isinstance(exception, Http404):
        detail = "There is no such object, or it is not yours."
    elif isinstance(exception, PermissionDenied):
        detail = "This is not allowed."
    else:
        detail = str(getattr(exception, "detail", HTTPStatus(response.status_code).description))
    response.data = problem(response.status_code, detail, errors)
    response.content_type = PROBLEM_CONTENT_TYPE
    return response


def flatten(detail: Any, path: str = "") -> list[dict[str, str]]:
    """Return DRF's nested error detail as a list of fields and messages; items are written `post.hashtags[0]`."""
    if isinstance(detail, dict):
        return [error for key, value in detail.items() for error in flatten(value, _member(path, key))]
    if isinstance(detail, list):
        return [
            error
            for index, value in enumerate(detail)
            for error in flatten(value, path if isinstance(value, str) else f"{path}[{index}]")
        ]
    return [{"field": path, "message": str(detail)}]


def _member(path: str, key: Any) -> str:
    if key == "non_field_errors":
        return path
    return f"{path}[{key}]" if isinstance(key, int) else f"{path}.{key}".lstrip(".")
