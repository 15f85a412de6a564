"""Shared by every API view: pagination, moments in filters, and errors as problem details (RFC 9457)."""

from datetime import UTC, datetime
from http import HTTPStatus
from typing import IO, Any

import django_filters
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404
from rest_framework import exceptions
from rest_framework.pagination import PageNumberPagination
from rest_framework.parsers import JSONParser
from rest_framework.response import Response
from rest_framework.views import exception_handler

from config.rate_limits import RateLimited
from config.rate_limits.throttles import count_refusal
from privacy.consent.selectors import NoConsent

PROBLEM_CONTENT_TYPE = "application/problem+json"


class Pagination(PageNumberPagination):
    """Twenty items a page; `?page_size=` up to a hundred."""

    page_size = 20
    page_size_query_param = "page_size"
    max_page_size = 100


class MomentField(django_filters.fields.IsoDateTimeField):  # type: ignore[misc]
    """A moment in UTC: ISO 8601 allows offsets from it that PostgreSQL does not know."""

    def clean(self, value: Any) -> datetime | None:
        moment: datetime | None = super().clean(value)
        try:
            return moment and moment.astimezone(UTC)
        except OverflowError as error:
            raise ValidationError(self.error_messages["invalid"], code="invalid") from error


class MomentFilter(django_filters.IsoDateTimeFilter):  # type: ignore[misc]
    field_class = MomentField


class NestedJSONParser(JSONParser):
    """JSON parser that answers 400 instead of 500 to nesting too deep for Python's parser."""

    def parse(self, stream: IO[Any], media_type: str | None = None, parser_context: Any = None) -> Any:
        """Return the parsed JSON; raises ParseError for malformed and for too deeply nested JSON."""
        try:
            return super().parse(stream, media_type, parser_context)
        except RecursionError as error:
            raise exceptions.ParseError("JSON parse error - nested too deeply") from error


def problem_details(exception: Exception, context: dict[str, Any]) -> Response | None:
    """Answer with DRF's statuses and headers, as problem details (RFC 9457).

    Validation errors list what is wrong in `errors`: `[{"field": "post.text", "message": "..."}]`.
    """
    if isinstance(exception, NoConsent):
        exception = exceptions.PermissionDenied(str(exception))
    response = exception_handler(exception, context)
    if response is None:
        return None
    status = HTTPStatus(response.status_code)
    if status == HTTPStatus.UNAUTHORIZED:
        try:
            count_refusal(context["request"])
        except RateLimited as over:
            return problem_details(over, context)
    problem: dict[str, Any] = {"type": "about:blank", "title": status.phrase, "status": status.value}
    if isinstance(exception, exceptions.ValidationError):
        problem["errors"] = _flatten(exception.detail)
        problem["detail"] = "; ".join(
            f"{error['field']}: {error['message']}" if error["field"] else error["message"]
            for error in problem["errors"]
        )
    elif isinstance(exception, Http404):
        problem["detail"] = "There is no such object, or it is not yours."
    elif isinstance(exception, PermissionDenied):
        problem["detail"] = "This is not allowed."
    else:
        problem["detail"] = str(getattr(exception, "detail", status.description))
    response.data = problem
    response.content_type = PROBLEM_CONTENT_TYPE
    return response


def _flatten(detail: Any, path: str = "") -> list[dict[str, str]]:
    """Flatten DRF's nested error detail; list items that are objects get their index in the path."""
    if isinstance(detail, dict):
        return [
            error
            for key, value in detail.items()
            for error in _flatten(value, path if key == "non_field_errors" else f"{path}.{key}".lstrip("."))
        ]
    if isinstance(detail, list):
        return [
            error
            for index, value in enumerate(detail)
            for error in _flatten(value, path if isinstance(value, str) else f"{path}[{index}]")
        ]
    return [{"field": path, "message": str(detail)}]
