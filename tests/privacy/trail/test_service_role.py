"""The role that the service connects as: everything of every day works with it, and it cannot change the trail."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.utils.module_loading import import_string

from accounts.models import TikTokAccount, User
from posts.models import Post
from predictions.learning.services import update_weights
from predictions.models import Prediction
from privacy.erasure import running as erasing
from privacy.export import services as exporting
from privacy.models import AccessEvent, Erasure
from privacy.trail import chain as trail_chain
from privacy.trail import keys, service_role
from privacy.trail import selectors as trail
from privacy.trail import services as trail_services
from privacy.trail.service_role import SERVICE_ROLE
from tests.accounts.support import sign_in
from tests.factories import UserFactory
from tests.posts.states import drive
from tests.sandbox.client import SandboxProcess

pytestmark = pytest.mark.django_db


@pytest.fixture
def as_the_service(db: None) -> Iterator[None]:
    """Run the statements that follow as the service's role."""
    call_command("grant_service_role")
    execute(f"SET ROLE {SERVICE_ROLE}")
    yield
    execute("RESET ROLE")


def execute(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE privacy_accessevent SET why = 'x'",
        "UPDATE privacy_accessevent SET position = 1",
        "DELETE FROM privacy_accessevent",
        "TRUNCATE privacy_accessevent",
        "ALTER TABLE privacy_accessevent DISABLE TRIGGER append_only",
        "DROP TRIGGER append_only ON privacy_accessevent",
        "CREATE OR REPLACE FUNCTION privacy_refuse_change() RETURNS trigger LANGUAGE sql AS 'SELECT NULL'",
        "SET session_replication_role = replica",
        "UPDATE privacy_consent SET given_at = now() - interval '1 year'",
        "UPDATE privacy_consent SET version = 0, text_fingerprint = ''",
    ],
)
@pytest.mark.usefixtures("as_the_service")
def test_it_may_only_add_to_the_trail_and_read_it(statement: str) -> None:
    trail_services.record(action=AccessEvent.Action.READ, subjects=[UserFactory().pk], what="by the service")
    with pytest.raises(DatabaseError, match=r"permission denied|must be owner"), transaction.atomic():
        execute(statement)
    trail_chain.seal()
    assert trail_chain.verify().position >= 1


@pytest.mark.usefixtures("as_the_service")
def test_it_does_all_that_the_service_does(sandbox: SandboxProcess) -> None:
    browser = Client()
    sign_in(browser, sandbox.control.creators()[0]["handle"])
    agree_to_all(browser)
    user, account = User.objects.get(), TikTokAccount.objects.get()
    drive(account)
    assert Post.objects.filter(account=account).exists()
    assert update_weights(account_id=account.pk)

    answer = browser.post("/predict", {"post": {"text": "Sunset #pier"}}, content_type="application/json")
    assert answer.status_code == 200
    assert Prediction.objects.get().account == account

    assert browser.post("/your-data/export/").status_code == 302
    exporting.make(export_pk=user.exports.get().pk)
    archive = browser.get(f"/your-data/export/{user.exports.get().public_id}/archive.zip")
    assert b"".join(archive.streaming_content).startswith(b"PK")  # type: ignore[attr-defined]
    run_all_of_beat()

    browser.post("/your-data/erasure/", {"wish": "now"})
    assert erasing.run(erasure_pk=Erasure.objects.get().pk)
    assert not User.objects.exists()
    assert not Post.objects.exists()
    run_all_of_beat()
    call_command("verify_access_trail")
    assert browser.get("/readyz").status_code == 200


def agree_to_all(browser: Client) -> None:
    page = browser.get("/your-data/consent/").content.decode()
    versions = dict(re.findall(r'name="(version-\w+)" value="(\d+)"', page))
    agreed = [name.removeprefix("version-") for name in versions]
    assert agreed
    browser.post("/your-data/consent/", {"start": "yes", "agree": agreed, **versions})


def run_all_of_beat() -> None:
    for entry in settings.CELERY_BEAT_SCHEDULE.values():
        import_string(str(entry["task"]))()


def test_it_reaches_the_tables_of_a_later_migration() -> None:
    call_command("grant_service_role")
    execute("CREATE TABLE later (id bigint GENERATED ALWAYS AS IDENTITY, what text)")
    execute(f"SET ROLE {SERVICE_ROLE}")
    execute("INSERT INTO later (what) VALUES ('x')")
    execute("UPDATE later SET what = 'y'")
    execute("DELETE FROM later")
    execute("RESET ROLE")


def test_it_gets_the_password_in_the_file(tmp_path: Path) -> None:
    (tmp_path / "password").write_text("a secret\n")
    call_command("grant_service_role", password_file=tmp_path / "password")
    # who has not been given another one keeps it
    call_command("grant_service_role")
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolcanlogin, rolpassword FROM pg_authid WHERE rolname = %s", [SERVICE_ROLE])
        may_log_in, verifier = cursor.fetchone()
    assert may_log_in
    assert verifier.startswith("SCRAM-SHA-256$")


EVERY_DAY = ("DELETE", "INSERT", "SELECT", "UPDATE")
WITHDRAWAL = ("withdrawn_at", "withdrawn_through")
KEY_STAMPS = ("consent_version", "provenance", "retain_until", "source", "transformation")


def test_it_may_do_what_is_written_here_and_no_more() -> None:
    """A table of another app is used like the others: one that must not be needs a line here."""
    with connection.cursor() as cursor:
        # partitions among them, which are made with the rights of later tables
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace"
        )
        tables = {name for (name,) in cursor.fetchall()}
    columns = {each.column for each in User._meta.concrete_fields} - {"id"}
    call_command("grant_service_role")
    assert service_role.privileges() == {
        ("database", "this"): ("CONNECT",),
        ("schema", "public"): ("USAGE",),
        **{("table", table): EVERY_DAY for table in tables},
        ("routine", "privacy_seal_events"): ("EXECUTE",),
        ("routine", "telemetry_tend_partitions"): ("EXECUTE",),
        ("table", "django_migrations"): ("SELECT",),
        ("table", "django_content_type"): ("SELECT",),
        ("table", "auth_permission"): ("SELECT",),
        ("table", "privacy_accessevent"): ("INSERT", "SELECT"),
        ("table", "privacy_subjectkey"): ("DELETE", "INSERT", "SELECT"),
        **{("column", f"privacy_subjectkey.{column}"): ("UPDATE",) for column in KEY_STAMPS},
        ("table", "privacy_consent"): ("DELETE", "INSERT", "SELECT"),
        **{("column", f"privacy_consent.{column}"): ("UPDATE",) for column in (*KEY_STAMPS, *WITHDRAWAL)},
        ("table", "accounts_user"): ("DELETE", "SELECT"),
        **{("column", f"accounts_user.{column}"): ("INSERT", "UPDATE") for column in columns},
    }


GRANTED_BY_MISTAKE = (
    "TEMPORARY ON DATABASE {database}",
    "CREATE ON SCHEMA public",
    "TRUNCATE, REFERENCES, TRIGGER ON accounts_user",
    "UPDATE (key) ON privacy_subjectkey",
    "UPDATE ON privacy_accessevent",
    "INSERT ON django_migrations",
    "UPDATE ON SEQUENCE accounts_user_id_seq",
    "EXECUTE ON FUNCTION privacy_note_key()",
    "USAGE ON LANGUAGE plpgsql",
    "EXECUTE ON FUNCTION lo_create(oid)",
)


def test_what_was_granted_by_mistake_is_taken_back() -> None:
    call_command("grant_service_role")
    before = service_role.privileges()
    for granted in GRANTED_BY_MISTAKE:
        for grantee in (SERVICE_ROLE, "PUBLIC"):
            execute(f"GRANT {granted.format(database=connection.settings_dict['NAME'])} TO {grantee}")
    assert len(service_role.privileges().items() - before.items()) == len(GRANTED_BY_MISTAKE)
    call_command("grant_service_role")
    assert service_role.privileges() == before


@pytest.mark.parametrize(
    "granted", ["SET ON PARAMETER session_replication_role", "USAGE ON SCHEMA elsewhere", "SELECT ON elsewhere.rows"]
)
def test_what_it_does_not_know_how_to_take_back_is_refused(granted: str) -> None:
    call_command("grant_service_role")
    execute("CREATE SCHEMA elsewhere")
    execute("CREATE TABLE elsewhere.rows ()")
    execute(f"GRANT {granted} TO {SERVICE_ROLE}")
    with pytest.raises(CommandError, match=r"it or everybody may (SET|USAGE|SELECT)"):
        call_command("grant_service_role")


HIDE_WHO_LOOKED = {
    "another key": "UPDATE privacy_subjectkey SET key = decode(repeat('ab', 32), 'hex')",
    "the key of another": "UPDATE privacy_subjectkey SET user_id = 0",
    "no key": "DELETE FROM privacy_subjectkey; SET CONSTRAINTS ALL IMMEDIATE",
    "another number": "UPDATE accounts_user SET id = 0",
    "the same number again": "INSERT INTO accounts_user (id, username) VALUES (1, 'x')",
    "a chain of its own": "CREATE TEMPORARY TABLE privacy_accessevent (position bigint)",
    "a function of its own": "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "a block": "DO $$ BEGIN PERFORM 1; END $$",
    "a large object": "SELECT lo_create(0)",
    "a migration that never ran": "INSERT INTO django_migrations (app, name, applied) VALUES ('x', 'x', now())",
    "numbers anew": "SELECT setval('accounts_user_id_seq', 1)",
    "a trigger": "CREATE TRIGGER t BEFORE INSERT ON accounts_user EXECUTE FUNCTION privacy_note_key()",
}


@pytest.mark.parametrize("statement", HIDE_WHO_LOOKED.values(), ids=HIDE_WHO_LOOKED)
@pytest.mark.usefixtures("as_the_service")
def test_it_can_hide_nobody_who_looked(statement: str) -> None:
    user = UserFactory()
    trail_services.record(action=AccessEvent.Action.READ, subjects=[user.pk], what="by the service")
    before = trail.events_about(user.pk, by_others=False).count()
    with (
        pytest.raises(DatabaseError, match=r"permission denied|must be owner|ends with its person"),
        transaction.atomic(),
    ):
        execute(statement)
    assert trail.events_about(user.pk, by_others=False).count() == before
    assert keys.verify_keys()


@pytest.mark.parametrize(
    "mistake",
    [
        *(f"ALTER ROLE {SERVICE_ROLE} {power}" for power in ("SUPERUSER", "CREATEROLE", "CREATEDB", "BYPASSRLS")),
        *(f"GRANT {other} TO {SERVICE_ROLE}" for other in ("postgres", "pg_read_server_files")),
        f"ALTER TABLE predictions_prediction OWNER TO {SERVICE_ROLE}",
    ],
)
def test_a_role_that_could_change_the_trail_all_the_same_is_refused(mistake: str) -> None:
    call_command("grant_service_role")
    execute(mistake)
    with pytest.raises(CommandError, match="could change the access trail"):
        call_command("grant_service_role")
