"""Statements of a hot path: compiled once in a process, planned once by each of its database connections.

Compiling a query with Django's ORM can take longer than the database takes to answer it. What a statement says still
comes from querysets, whose places for values are `Slot`s.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.backends.postgresql.base import ServerBindingCursor
from django.db.models import QuerySet
from django.db.models.expressions import RawSQL
from django_prometheus.db.common import ExportingCursorWrapper

# counted and timed for /metrics, as the cursors of Django's backend are
_Cursor = ExportingCursorWrapper(ServerBindingCursor, "default", "postgresql")


@dataclass(frozen=True, slots=True)
class Slot:
    """The place of a value in a statement, with its type in PostgreSQL."""

    name: str
    type: str

    def __call__(self) -> RawSQL:
        """Return the expression that stands for the value in a queryset."""
        return RawSQL(f"%s::{self.type}", [self])  # noqa: S611 - types of ours


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
        return execute_prepared(self.sql, given)


def execute_prepared(sql: str, parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
    """Execute a statement with values that travel beside it, so that its plan is kept, and return the rows."""
    connection.close_if_health_check_failed()
    connection.ensure_connection()
    cursor = _Cursor(connection.connection)
    with (
        connection.make_debug_cursor(cursor) if connection.queries_logged else connection.make_cursor(cursor) as wrapped
    ):
        wrapped.execute(sql, parameters)
        return wrapped.fetchall()
