"""Empty the database after a test that commits: only tables that hold rows, without making permissions anew."""

from typing import Any

from django.db import connection
from django.test import TransactionTestCase

KEPT = ("django_content_type", "auth_permission", "auth_group", "auth_group_permissions")
"""Filled by `post_migrate`; none of them refers to a table that is emptied, so no cascade reaches them."""

_flush_all = TransactionTestCase._fixture_teardown  # type: ignore[attr-defined]


def flush_written_tables(case: TransactionTestCase) -> None:
    """Truncate the tables that hold rows; do what Django does if the test changed one of `KEPT`."""
    with connection.cursor() as cursor:
        if _kept_rows(cursor) == _kept_at_first.get(connection.settings_dict["NAME"]):
            tables = set(connection.introspection.django_table_names(only_existing=True)) - set(KEPT)
            quoted = {table: connection.ops.quote_name(table) for table in sorted(tables)}
            cursor.execute(
                " UNION ALL ".join(f"SELECT '{t}' WHERE EXISTS (SELECT 1 FROM {q})" for t, q in quoted.items())  # noqa: S608
            )
            if written := [quoted[table] for (table,) in cursor.fetchall()]:
                cursor.execute(f"TRUNCATE {', '.join(written)} CASCADE")
            return
    _flush_all(case)
    remember_kept_rows()


_kept_at_first: dict[str, tuple[Any, ...]] = {}


def remember_kept_rows() -> None:
    """Note the rows of `KEPT`, which the next test that commits has to leave as they are."""
    with connection.cursor() as cursor:
        _kept_at_first[connection.settings_dict["NAME"]] = _kept_rows(cursor)


def _kept_rows(cursor: Any) -> tuple[Any, ...]:
    """Return a digest of each table of `KEPT`."""
    cursor.execute(
        "SELECT " + ", ".join(f"(SELECT md5(string_agg(t::text, ';' ORDER BY t.id)) FROM {t} t)" for t in KEPT)  # noqa: S608
    )
    return tuple(cursor.fetchone())
