"""The database backend: Django's, counted for /metrics, that asks PostgreSQL nothing before a request's first query."""

import select
from functools import cached_property
from typing import Any

from django.db.backends.postgresql.base import ServerBindingCursor
from django.db.backends.utils import CursorWrapper
from django_prometheus.db.backends.postgresql import base
from django_prometheus.db.common import ExportingCursorWrapper


class DatabaseOperations(base.DatabaseWrapper.ops_class):  # type: ignore[misc]
    """Django's, with a text for every statement in its log."""

    def last_executed_query(self, cursor: Any, sql: Any, params: Any) -> str:
        """Return the statement with its parameters, or without them where psycopg cannot write them into its text."""
        return super().last_executed_query(cursor, sql, params) or str(sql)


class DatabaseWrapper(base.DatabaseWrapper):  # type: ignore[misc]
    """A connection that notices by its socket, not by a query, that PostgreSQL ended it."""

    ops_class = DatabaseOperations

    health_check_done: bool

    def close_if_health_check_failed(self) -> None:
        """Close a connection that PostgreSQL ended, so that the request opens another.

        Django asks `SELECT 1` before each request's first query. A server that stops, or ends a connection, writes to
        its socket or closes it; while that is silent, nothing is asked.
        """
        if self.connection is None or not self.health_check_enabled or self.health_check_done:
            return
        if self.connection.closed or _has_news(self.connection.fileno()):
            super().close_if_health_check_failed()
        else:
            self.health_check_done = True

    def prepared_cursor(self) -> CursorWrapper:
        """Return a cursor that sends parameters beside the statement (`config.postgres.prepared`)."""
        self.close_if_health_check_failed()
        self.ensure_connection()
        with self.wrap_database_errors:
            cursor: CursorWrapper = self._prepare_cursor(self._prepared_cursor_class(self.connection))
            return cursor

    @cached_property
    def _prepared_cursor_class(self) -> Any:
        return ExportingCursorWrapper(ServerBindingCursor, self.alias, self.vendor)


def _has_news(socket: int) -> bool:
    """Return whether something can be read, or the other side closed."""
    poll = select.poll()
    poll.register(socket, select.POLLIN)
    return bool(poll.poll(0))
