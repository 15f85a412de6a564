"""Statements of querysets that are compiled once in a process.

Compiling a query with Django's ORM can take longer than the database takes to answer it. What a statement says still
comes from querysets, whose places for values are `Slot`s.

    person = Slot("bigint")
    statement = Statement.of(TikTokAccount.objects.filter(user=person()).values_list("pk"))
    rows = statement.rows({person: 7})
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.db.models.expressions import RawSQL

from config.postgres.prepared import prepared_cursor


class Slot:
    """The place of a value in a statement, with its type in PostgreSQL."""

    def __init__(self, type: str) -> None:
        self._type = type

    def __call__(self) -> RawSQL:
        """Return the expression that stands for the value in a queryset."""
        return RawSQL(f"%s::{self._type}", [self])  # noqa: S611 - types of ours


@dataclass(frozen=True, slots=True)
class Statement:
    """SQL with the parameters in its order; some are slots."""

    sql: str
    parameters: tuple[Any, ...]

    @classmethod
    def of(cls, queryset: QuerySet[Any, Any]) -> "Statement":
        """Compile a queryset."""
        sql, parameters = queryset.query.sql_with_params()
        return cls(sql, tuple(parameters))

    def rows(self, values: Mapping[Slot, Any]) -> list[tuple[Any, ...]]:
        """Execute it with the values of its slots and return the rows; raises Django's errors of databases."""
        given = [values[part] if isinstance(part, Slot) else part for part in self.parameters]
        with prepared_cursor() as cursor:
            cursor.execute(self.sql, given)
            rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows
