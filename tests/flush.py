"""Empty the database after a test that commits: only tables that hold rows, without making permissions anew."""

from itertools import count
from typing import Any

from django.db import connection, transaction
from django.test import TransactionTestCase

KEPT = ("django_content_type", "auth_permission", "auth_group", "auth_group_permissions")
"""Filled by `post_migrate`; none of them refers to a table that is emptied, so no cascade reaches them."""

TRUNCATED_EVERY = 50
"""Tests: what was deleted is left in the files of its table until then."""

_flushes = count(1)
_flush_all = TransactionTestCase._fixture_teardown  # type: ignore[attr-defined]


def flush_written_tables(case: TransactionTestCase) -> None:
    """Empty the tables that hold rows; do what Django does if the test changed one of `KEPT`."""
    with connection.cursor() as cursor:
        if _kept_rows(cursor) == _kept_at_first.get(connection.settings_dict["NAME"]):
            tables = set(connection.introspection.django_table_names(only_existing=True)) - set(KEPT)
            quoted = {table: connection.ops.quote_name(table) for table in sorted(tables)}
            cursor.execute(
                " UNION ALL ".join(f"SELECT '{t}' WHERE EXISTS (SELECT 1 FROM {q})" for t, q in quoted.items())  # noqa: S608
            )
            if written := [quoted[table] for (table,) in cursor.fetchall()]:
                _empty(cursor, written)
            return
    _flush_all(case)
    remember_kept_rows()


def _empty(cursor: Any, tables: list[str]) -> None:
    """Delete all rows. A TRUNCATE takes longer: it makes new files for every table that refers to one of these."""
    if next(_flushes) % TRUNCATED_EVERY == 0:
        cursor.execute(f"TRUNCATE {', '.join(tables)} CASCADE")
        return
    with transaction.atomic():
        # like a TRUNCATE, after whoever still writes there; the role has neither triggers nor foreign keys checked
        cursor.execute(f"LOCK {', '.join(tables)} IN EXCLUSIVE MODE; SET LOCAL session_replication_role = replica")
        cursor.execute(";".join(f"DELETE FROM {table}" for table in tables))  # noqa: S608


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
