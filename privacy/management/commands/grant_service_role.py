"""`manage.py grant_service_role`: as the owner of the tables, after each `migrate`."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connection, transaction
from psycopg import sql

SERVICE_ROLE = "postcast_service"

_EXISTS = "SELECT count(*) FROM pg_roles WHERE rolname = %s"
# the defaults are for the tables of later migrations, which must not be out of reach until this runs again
_GRANTS = """
GRANT USAGE ON SCHEMA public TO {role};
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role};
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {role};
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {role};
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO {role};
REVOKE UPDATE, DELETE, TRUNCATE ON privacy_accessevent FROM {role};
"""
# an owner can disable triggers and give rights back; superusers count as members of every role
_COULD_CHANGE_THE_TRAIL = """
SELECT pg_has_role(%(role)s, relowner, 'MEMBER') OR has_table_privilege(%(role)s, oid, 'UPDATE, DELETE, TRUNCATE')
FROM pg_class WHERE oid = 'privacy_accessevent'::regclass
"""


class Command(BaseCommand):
    help = "Let the service connect as a role that may use every table, and of the access trail only add and read."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--password-file", type=Path, help="the role's password from now on; without it, it stays")

    @transaction.atomic
    def handle(self, *, password_file: Path | None, **options: Any) -> None:
        _make_role()
        if password_file:
            _set_password(password_file.read_text(encoding="utf-8").strip())
        _grant()


def _make_role() -> None:
    with connection.cursor() as cursor:
        cursor.execute(_EXISTS, [SERVICE_ROLE])
        if cursor.fetchone() == (0,):
            cursor.execute(_of_role("CREATE ROLE {role} LOGIN"))


def _set_password(password: str) -> None:
    """Only its SCRAM verifier is sent: statements can end up in PostgreSQL's log."""
    verifier = connection.connection.pgconn.encrypt_password(password.encode(), SERVICE_ROLE.encode(), b"scram-sha-256")
    with connection.cursor() as cursor:
        cursor.execute(_of_role("ALTER ROLE {role} LOGIN PASSWORD {verifier}", verifier=verifier.decode()))


def _grant() -> None:
    with connection.cursor() as cursor:
        cursor.execute(_of_role(_GRANTS))
        cursor.execute(_COULD_CHANGE_THE_TRAIL, {"role": SERVICE_ROLE})
        if cursor.fetchone() != (False,):
            raise CommandError(
                f"{SERVICE_ROLE} could change the access trail: it must be no superuser, own none of the tables"
                " and be a member of no role that does."
            )


def _of_role(statement: str, **literals: str) -> sql.Composed:
    return sql.SQL(statement).format(
        role=sql.Identifier(SERVICE_ROLE), **{name: sql.Literal(text) for name, text in literals.items()}
    )
