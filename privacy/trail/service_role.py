"""The database's role that the service connects as, and all that it may do."""

from collections.abc import Iterator, Mapping
from typing import LiteralString

from django.contrib.auth import get_user_model
from django.db import connection
from psycopg import sql

SERVICE_ROLE = "postcast_service"

READ_ONLY = ("django_migrations", "django_content_type", "auth_permission")
"""Tables that only `migrate` writes."""
WITHDRAWAL = ("withdrawn_at", "withdrawn_through")
"""Columns of a consent that change once it was given."""
FUNCTIONS = ("telemetry_tend_partitions",)
"""Functions of the tables' owner that the role may call: it may make and drop no table itself."""
_ROWS = ("SELECT", "INSERT", "UPDATE", "DELETE")
_OF_DATABASE = ("CONNECT",)
_OF_SCHEMA = ("USAGE",)

# whatever anybody granted before goes, on columns as well; the default privileges are for the tables of later
# migrations, which must not be out of reach until this runs again
_TAKE_AND_GIVE = """
REVOKE ALL ON DATABASE {database} FROM PUBLIC, {role};
GRANT CONNECT ON DATABASE {database} TO {role};
REVOKE ALL ON SCHEMA public FROM PUBLIC, {role};
GRANT USAGE ON SCHEMA public TO {role};
REVOKE ALL ON ALL TABLES IN SCHEMA public FROM PUBLIC, {role};
REVOKE ALL ON ALL SEQUENCES IN SCHEMA public FROM PUBLIC, {role};
REVOKE ALL ON ALL ROUTINES IN SCHEMA public FROM PUBLIC, {role};
REVOKE USAGE ON LANGUAGE plpgsql FROM PUBLIC, {role};
REVOKE EXECUTE ON FUNCTION lo_creat(integer), lo_create(oid), lo_from_bytea(oid, bytea) FROM PUBLIC, {role};
ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON ROUTINES FROM PUBLIC;
ALTER DEFAULT PRIVILEGES IN SCHEMA public REVOKE ALL ON SEQUENCES FROM {role};
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {role};
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role};
"""
_EXISTS = "SELECT count(*) FROM pg_roles WHERE rolname = %s"
# an owner can disable triggers and give rights back; superusers count as members of every role
_TOO_MIGHTY = """
SELECT rolsuper OR rolcreatedb OR rolcreaterole OR rolreplication OR rolbypassrls
    OR EXISTS (SELECT FROM pg_auth_members WHERE member = role.oid)
    OR EXISTS (SELECT FROM pg_shdepend WHERE refobjid = role.oid AND deptype = 'o')
FROM pg_roles AS role WHERE rolname = %s
"""
# what it has itself or as anybody (grantee 0), on what is not the system's own
_PRIVILEGES = """
WITH entry (kind, name, grantee, privilege) AS (
    SELECT 'database', 'this', a.grantee, a.privilege_type FROM pg_database,
        aclexplode(coalesce(datacl, acldefault('d', datdba))) AS a WHERE datname = current_database()
    UNION ALL SELECT 'schema', nspname, a.grantee, a.privilege_type FROM pg_namespace,
        aclexplode(coalesce(nspacl, acldefault('n', nspowner))) AS a
        WHERE nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
    UNION ALL SELECT CASE WHEN relnamespace <> 'public'::regnamespace THEN 'other schema''s'
        WHEN relkind = 'S' THEN 'sequence' ELSE 'table' END, relname, a.grantee, a.privilege_type
        FROM pg_class, aclexplode(coalesce(relacl, acldefault(CASE relkind WHEN 'S' THEN 's' ELSE 'r' END::"char",
        relowner))) AS a WHERE relkind <> 'i' AND pg_class.oid >= 16384
    UNION ALL SELECT 'column', relname || '.' || attname, a.grantee, a.privilege_type FROM pg_attribute
        JOIN pg_class ON pg_class.oid = attrelid, aclexplode(attacl) AS a WHERE pg_class.oid >= 16384
    UNION ALL SELECT CASE WHEN oid >= 16384 THEN 'routine' ELSE 'system' END, proname, a.grantee, a.privilege_type
        FROM pg_proc, aclexplode(coalesce(proacl, acldefault('f', proowner))) AS a
        WHERE oid >= 16384 OR proname IN ('lo_creat', 'lo_create', 'lo_from_bytea')
    UNION ALL SELECT 'system', lanname, a.grantee, a.privilege_type FROM pg_language,
        aclexplode(coalesce(lanacl, acldefault('l', lanowner))) AS a WHERE lanname = 'plpgsql'
    UNION ALL SELECT 'parameter', parname, a.grantee, a.privilege_type FROM pg_parameter_acl, aclexplode(paracl) AS a
)
SELECT kind, name, array_agg(DISTINCT privilege ORDER BY privilege) FROM entry
WHERE grantee = 0 OR grantee = (SELECT oid FROM pg_roles WHERE rolname = %s)
GROUP BY kind, name
"""


class RoleTooMighty(Exception):
    """The service's role may do more than it should; the message says what and how to mend it."""

    def __init__(self, what: str) -> None:
        super().__init__(
            f"{SERVICE_ROLE} could change the access trail: {what}. It must be no superuser, own nothing, be a member"
            " of no role, and hold the privileges that `grant_service_role` gives and no more."
        )


def make_role() -> None:
    """Create the role if there is none."""
    with connection.cursor() as cursor:
        cursor.execute(_EXISTS, [SERVICE_ROLE])
        if cursor.fetchone() == (0,):
            cursor.execute(_statement("CREATE ROLE {role} LOGIN"))


def set_password(password: str) -> None:
    """Set the role's password. Only its SCRAM verifier is sent: statements can end up in PostgreSQL's log."""
    verifier = connection.connection.pgconn.encrypt_password(password.encode(), SERVICE_ROLE.encode(), b"scram-sha-256")
    with connection.cursor() as cursor:
        cursor.execute(
            _statement("ALTER ROLE {role} LOGIN PASSWORD {verifier}", verifier=sql.Literal(verifier.decode()))
        )


def give_privileges() -> None:
    """Leave the role with what the service needs, in a transaction of the caller. Raise RoleTooMighty."""
    with connection.cursor() as cursor:
        cursor.execute(_statement(_TAKE_AND_GIVE))
        for table, may in _exceptions().items():
            cursor.execute(_statement("REVOKE ALL ON {table} FROM {role}", table=sql.Identifier(table)))
            for privilege, columns in may.items():
                cursor.execute(_granting(privilege, table, columns))
        for name in FUNCTIONS:
            cursor.execute(_statement("GRANT EXECUTE ON FUNCTION {name}() TO {role}", name=sql.Identifier(name)))
        cursor.execute(_TOO_MIGHTY, [SERVICE_ROLE])
        if cursor.fetchone() != (False,):
            raise RoleTooMighty("it has powers over the whole server, or over what others own")
    if surplus := sorted(_surplus()):
        raise RoleTooMighty(f"it or everybody may {', '.join(surplus)}")


def privileges() -> dict[tuple[str, str], tuple[str, ...]]:
    """Return what the role may do, as itself or as anybody: (kind, name) -> privileges, e.g. of a table or column."""
    with connection.cursor() as cursor:
        cursor.execute(_PRIVILEGES, [SERVICE_ROLE])
        return {(kind, name): tuple(held) for kind, name, held in cursor.fetchall()}


def _exceptions() -> dict[str, Mapping[str, tuple[str, ...]]]:
    """Map the tables that the role may not use like the others to privilege -> columns (none: the whole table).

    A key of the trail is made, and goes with its person; only its stamps change. Of a consent, when and to which text
    it was given stays; it can only be withdrawn. A person's number is given by the
    database and stays, or somebody could be made anew under it with another key.
    """
    from privacy.models import (  # `make run` reads the role's name without Django
        STAMPS,
        AccessEvent,
        Consent,
        SubjectKey,
    )

    person = get_user_model()
    writable = tuple(str(each.column) for each in person._meta.concrete_fields if not each.primary_key)
    return {
        **{table: {"SELECT": ()} for table in READ_ONLY},
        AccessEvent._meta.db_table: {"SELECT": (), "INSERT": ()},
        SubjectKey._meta.db_table: {"SELECT": (), "INSERT": (), "DELETE": (), "UPDATE": STAMPS},
        Consent._meta.db_table: {"SELECT": (), "INSERT": (), "DELETE": (), "UPDATE": (*STAMPS, *WITHDRAWAL)},
        person._meta.db_table: {"SELECT": (), "INSERT": writable, "UPDATE": writable, "DELETE": ()},
    }


def _surplus() -> Iterator[str]:
    """Yield what the role may do beyond what was given, e.g. `TEMPORARY database this`.

    But for what only a superuser can take from everybody: blocks of PL/pgSQL and large objects reach no table.
    """
    exceptions = _exceptions()
    for (kind, name), held in privileges().items():
        if kind == "system":
            continue
        table, _, column = name.partition(".")
        may = exceptions.get(table, dict.fromkeys(_ROWS, ()))
        allowed = {
            "database": _OF_DATABASE,
            "schema": _OF_SCHEMA if name == "public" else (),
            "table": [privilege for privilege, columns in may.items() if not columns],
            "routine": ("EXECUTE",) if name in FUNCTIONS else (),
            "column": [privilege for privilege, columns in may.items() if column in columns],
        }.get(kind, ())
        yield from (f"{privilege} {kind} {name}" for privilege in held if privilege not in allowed)


def _granting(privilege: str, table: str, columns: tuple[str, ...]) -> sql.Composed:
    only = sql.SQL("({})").format(sql.SQL(", ").join(map(sql.Identifier, columns))) if columns else sql.SQL("")
    return _statement(
        "GRANT {privilege} {only} ON {table} TO {role}",
        privilege=sql.SQL(privilege),
        only=only,
        table=sql.Identifier(table),
    )


def _statement(text: LiteralString, **parts: sql.Composable) -> sql.Composed:
    database = sql.Identifier(str(connection.settings_dict["NAME"]))
    return sql.SQL(text).format(role=sql.Identifier(SERVICE_ROLE), database=database, **parts)
