"""Commands: each that reads or changes people's data is recorded, and those that open everything ask why."""

import getpass
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core import serializers
from django.core.management import CommandError, call_command, get_commands, load_command_class

from accounts.models import User
from privacy.models import AccessEvent
from privacy.trail import selectors as trail
from privacy.trail.staff.commands import OpensEverything
from tests.factories import StaffFactory, UserFactory

pytestmark = pytest.mark.django_db

OPEN_EVERYTHING = ("shell", "dbshell", "dumpdata", "loaddata")
RECORDED = (
    # of one member of staff
    *("changepassword", "addstatictoken", "reset_second_factor"),
    # of each person concerned; the tests of what they do look at their events
    *("rotate_encryption_keys", "replay_erasures", "retrain_model", "promote_model"),
)
CONCERN_NOBODY = {
    **dict.fromkeys(
        (
            *("check", "compilemessages", "makemessages", "makemigrations", "optimizemigration", "squashmigrations"),
            *("startapp", "startproject", "collectstatic", "findstatic", "diffsettings", "spectacular"),
            *(
                "generateschema",
                "data_map",
                "monitoring",
                "costs",
                "sqlmigrate",
                "sqlflush",
                "sqlsequencereset",
                "sendtestemail",
            ),
        ),
        "the code and the settings alone",
    ),
    **dict.fromkeys(("migrate", "showmigrations", "inspectdb", "createcachetable"), "tables, not their rows"),
    **dict.fromkeys(("remove_stale_contenttypes",), "names of tables"),
    **dict.fromkeys(("test", "testserver"), "a database of their own"),
    **dict.fromkeys(
        (
            *("backtest", "train_model", "suggest", "evaluate_suggestions", "measure", "measure_caption"),
            *("hooks", "sub_scores", "viralscore", "evaluate_viralscore", "evaluate_captions"),
            "evaluate_writer_training",
        ),
        "files and words that whoever runs them brings",
    ),
    "export_picture_networks": "public networks",
    **dict.fromkeys(("canary_model", "rollback_model"), "which model serves"),
    "grant_service_role": "what a role of the database may do",
    "runserver": "what it serves is recorded",
    "createsuperuser": "makes a new member of staff, of whom nothing is kept before",
    "clearsessions": "sessions that have ended",
    "account_unsetmultipleprimaryemails": "a table that stays empty",
    "flush": "refused by the trail, which is never emptied",
    "log_name": "works a name out of what it is given",
    "rebuild_ledger": "keyed pseudonyms of people who are gone",
    "verify_access_trail": "the trail alone, in which nobody is named",
}


def test_every_command_is_recorded_or_concerns_nobody() -> None:
    """A command by another app needs a decision here."""
    assert set(get_commands()) == {*OPEN_EVERYTHING, *RECORDED, *CONCERN_NOBODY}


def events_of(user: User) -> list[AccessEvent]:
    return list(trail.events_about(user.pk, by_others=True).exclude(action="consent"))


def run(command: str, tmp_path: Path, **options: Any) -> str:
    out = StringIO()
    if command == "loaddata":
        rows = tmp_path / "rows.json"
        rows.write_text(serializers.serialize("json", []))
        call_command(command, str(rows), stdout=out, **options)
    elif command == "shell":
        call_command(command, command="pass", stdout=out, **options)
    else:
        call_command(command, stdout=out, **options)
    return out.getvalue()


@pytest.fixture(autouse=True)
def _no_prompt(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("django.db.backends.base.client.BaseDatabaseClient.runshell", lambda *_: None)


@pytest.mark.parametrize("command", OPEN_EVERYTHING)
def test_a_command_that_opens_everything_is_recorded_for_everybody(command: str, tmp_path: Path) -> None:
    one, other = UserFactory(), UserFactory()
    assert isinstance(load_command_class(get_commands()[command], command), OpensEverything)
    run(command, tmp_path, reason="ticket 5, a refresh that is stuck")
    for user in (one, other):
        [event] = events_of(user)
        assert (event.actor_kind, event.through, event.why) == ("shell", "shell", "ticket 5, a refresh that is stuck")
        assert event.actor.startswith(f"{getpass.getuser()}: ")
        assert event.action == ("read" if command == "dumpdata" else "change")


@pytest.mark.parametrize("command", OPEN_EVERYTHING)
def test_and_does_nothing_without_a_reason(command: str, tmp_path: Path) -> None:
    user = UserFactory(username="tiktok-0123456789abcdef")
    with pytest.raises(CommandError, match="--reason"):
        run(command, tmp_path)
    with pytest.raises(CommandError, match="at least three"):
        run(command, tmp_path, reason="because")
    with pytest.raises(CommandError, match="name nobody"):
        run(command, tmp_path, reason="asked by tiktok-0123456789abcdef why")
    assert events_of(user) == []


def test_a_shell_gets_its_own_options(tmp_path: Path) -> None:
    out = StringIO()
    call_command("dumpdata", "auth.permission", reason="to compare two installations", indent=1, stdout=out)
    assert '"model": "auth.permission"' in out.getvalue()


def test_changing_a_sign_in_is_recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    user = StaffFactory(username="sam")
    monkeypatch.setattr("getpass.getpass", lambda prompt: "a long enough password")
    call_command("changepassword", "sam", stdout=StringIO())
    call_command("addstatictoken", "sam", stdout=StringIO())
    call_command("reset_second_factor", "sam", stdout=StringIO())
    assert [event.what for event in events_of(user)] == [
        "second factor, to be set up anew",
        "second factor: a recovery code was added",
        "password",
    ]
    assert all(event.actor_kind == "shell" for event in events_of(user))
