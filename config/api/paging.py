"""Pages of lists by cursor: none repeats or leaves out a row that was there, whatever is added in the meantime."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.core import signing
from django.db.models import Model, Q, QuerySet
from rest_framework.exceptions import ValidationError
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import remove_query_param, replace_query_param

USUAL, MOST = 20, 100
"""Items a page."""
PARAMETERS = ("page_size", "cursor")


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place in a list: behind the row with these values of the columns that order it, or before it."""

    values: Sequence[str | None]
    backwards: bool


class CursorPages(BasePagination):
    """Keyset pagination over a list's own order, which the primary key makes total.

    Cursors are signed, each for its list: nobody can make one that PostgreSQL would stumble over.
    """

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any]:
        """Return one page of the rows; raises ValidationError for what is no page size or no cursor of this list."""
        self.request, size, cursor = request, _page_size(request), _cursor(request)
        self.count = queryset.order_by().count()
        self.order = _total_order(queryset)
        order, backwards = self.order, cursor is not None and cursor.backwards
        if backwards:
            order = [_reversed(each) for each in order]
        if cursor is not None:
            queryset = queryset.filter(_behind(queryset.model, order, cursor.values))
        rows = list(queryset.order_by(*order)[: size + 1])
        has_more, page = len(rows) > size, rows[:size]
        if backwards:
            page.reverse()
        has_next = has_more if not backwards else True
        has_previous = has_more if backwards else cursor is not None
        self.next = self._address(Cursor(self._place(page[-1]), backwards=False)) if has_next and page else None
        self.previous = self._address(Cursor(self._place(page[0]), backwards=True)) if has_previous and page else None
        return page

    def get_paginated_response(self, data: Any) -> Response:
        """Return the page, with the number of all rows and the addresses of its neighbours."""
        return Response({"count": self.count, "next": self.next, "previous": self.previous, "results": data})

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        """Return the schema of a page."""
        link = {"type": "string", "format": "uri", "nullable": True}
        return {
            "type": "object",
            "required": ["count", "next", "previous", "results"],
            "properties": {
                "count": {"type": "integer", "description": "Of all items now, on all pages."},
                "next": {**link, "description": "The page after this one; null on the last."},
                "previous": {**link, "description": "The page before this one; null on the first."},
                "results": schema,
            },
        }

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        """Return the parameters of the schema."""
        size = {"type": "integer", "minimum": 1, "maximum": MOST, "default": USUAL}
        place = "The place to go on from: follow `next` and `previous`, which hold it."
        return [
            {"name": "page_size", "in": "query", "required": False, "schema": size, "description": "Items a page."},
            {"name": "cursor", "in": "query", "required": False, "schema": {"type": "string"}, "description": place},
        ]

    def _place(self, row: Model) -> list[str | None]:
        fields = [_field(type(row), name) for name in self.order]
        return [None if getattr(row, each.attname) is None else each.value_to_string(row) for each in fields]

    def _address(self, cursor: Cursor) -> str:
        encoded = signing.dumps([list(cursor.values), cursor.backwards], salt=_salt(self.request))
        return str(replace_query_param(self.request.build_absolute_uri(), "cursor", encoded))


def _page_size(request: Request) -> int:
    asked = request.query_params.get("page_size")
    if asked is None:
        return USUAL
    if not (asked.isascii() and asked.isdecimal() and len(asked) < 4 and 1 <= int(asked) <= MOST):
        raise ValidationError({"page_size": f"This is no page size; expected an integer from 1 to {MOST}."})
    return int(asked)


def _cursor(request: Request) -> Cursor | None:
    encoded = request.query_params.get("cursor")
    if encoded is None:
        return None
    try:
        return Cursor(*signing.loads(encoded, salt=_salt(request)))
    except (signing.BadSignature, UnicodeError) as error:
        message = "This is no cursor of this list; expected one from its `next` or `previous`."
        raise ValidationError({"cursor": message}) from error


def _salt(request: Request) -> str:
    """Return the list that a cursor is for: whose it is, and its address with all that narrows and orders it."""
    address = request.get_full_path()
    for name in PARAMETERS:
        address = remove_query_param(address, name)
    return f"config.api.paging:{request.user.pk}:{address}"


def _total_order(queryset: QuerySet[Any]) -> list[str]:
    model: type[Model] = queryset.model
    order = [str(each) for each in queryset.query.order_by or model._meta.ordering or ()]
    if any(each.lstrip("-") in ("pk", model._meta.pk.name) for each in order):
        return order
    return [*order, "-pk" if order and order[0].startswith("-") else "pk"]


def _reversed(name: str) -> str:
    return name[1:] if name.startswith("-") else f"-{name}"


def _field(model: type[Model], name: str) -> Any:
    name = name.lstrip("-")
    return model._meta.pk if name == "pk" else model._meta.get_field(name)


def _behind(model: type[Model], order: Sequence[str], values: Sequence[str | None]) -> Q:
    """Return the condition of the rows that come after these values; PostgreSQL takes null for the largest."""
    behind, same = Q(pk__in=[]), Q()
    for name, text in zip(order, values, strict=True):
        field = _field(model, name)
        column, value = field.name, None if text is None else field.to_python(text)
        if name.startswith("-"):
            later = Q(**{f"{column}__isnull": False}) if value is None else Q(**{f"{column}__lt": value})
        elif value is None:
            later = Q(pk__in=[])
        else:
            later = Q(**{f"{column}__gt": value}) | Q(**{f"{column}__isnull": True})
        behind |= same & later
        same &= Q(**{f"{column}__isnull": True}) if value is None else Q(**{column: value})
    return behind
