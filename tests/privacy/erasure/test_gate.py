"""After a restore: nobody is let in, and no task runs, before the ledger's erasures were done again."""

from pathlib import Path
from typing import Any

import pytest
from celery import shared_task
from django.conf import settings
from django.core.management import call_command
from django.db import OperationalError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from privacy.erasure import running as erasure_running
from privacy.erasure import services as erasing
from privacy.erasure.restores import gate
from privacy.models import Erasure, Through
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def looking(monkeypatch: pytest.MonkeyPatch) -> None:
    """A gate as a new process has it, that looks each time."""
    monkeypatch.setattr(gate, "GATE", gate.Gate())
    monkeypatch.setattr(gate, "CHECK_EVERY_S", 0.0)


def erase(name: str) -> Erasure:
    erasure = erasing.request_erasure(
        user_id=UserFactory(username=name).pk, reason=Erasure.Reason.PERSON, through=Through.PAGE, grace=None
    )
    assert erasure_running.run(erasure_pk=erasure.pk)
    return erasure


def restore(name: str) -> User:
    """The backup from before the erasure: the person, and no word of it."""
    Erasure.objects.all().delete()
    user: User = UserFactory(username=name)
    return user


def test_a_restore_under_a_running_stack_shuts_everybody_out_until_it_is_replayed(client: Client) -> None:
    erase("zyzzyva")
    client.force_login(restore("zyzzyva"))
    pages = ["/", "/privacy/", "/posts/", "/admin/", "/your-data/", "/static/nothing", "/webhooks/tiktok/"]
    for path in pages:
        answer = client.get(path)
        assert (answer.status_code, answer["Retry-After"]) == (503, "30"), path
        assert "stay erased" in answer.content.decode()
    for path in ("/predict", "/api/v1/predict", "/_allauth/browser/v1/config"):
        answer = client.post(path, {"post": {"text": "x"}}, content_type="application/json")
        assert (answer.status_code, answer["Content-Type"]) == (503, "application/problem+json"), path
        assert answer.json()["status"] == 503
    assert client.get("/healthz").status_code == 200
    assert client.get("/readyz").status_code == 503
    call_command("replay_erasures")
    assert not User.objects.exists()
    assert client.get("/").status_code == 200
    assert client.get("/readyz").status_code == 200


def test_a_silent_database_keeps_the_gate_shut(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> object:
        raise OperationalError("gone")

    monkeypatch.setattr(gate, "_begun_erasures", fail)
    assert client.get("/").status_code == 503
    assert client.get("/healthz").status_code == 200


def test_a_lost_ledger_shuts_everybody_out(client: Client) -> None:
    erase("zyzzyva")
    assert client.get("/").status_code == 200
    Path(settings.ERASURE_LEDGER_PATH).unlink()
    assert client.get("/").status_code == 503
    call_command("rebuild_ledger")
    assert client.get("/").status_code == 200


def test_it_is_looked_up_every_few_seconds_with_one_query(monkeypatch: pytest.MonkeyPatch) -> None:
    erase("zyzzyva")
    with CaptureQueriesContext(connection) as first:
        assert gate.GATE.reason() == ""
    with CaptureQueriesContext(connection) as later:
        assert gate.GATE.reason() == ""
    monkeypatch.setattr(gate, "CHECK_EVERY_S", 5.0)
    with CaptureQueriesContext(connection) as between:
        assert gate.GATE.reason() == ""
    assert (len(first), len(later), len(between)) == (3, 1, 0)


@shared_task
def note(notes: Any) -> None:
    """Something that a worker does."""
    Path(notes).write_text("done")


def test_tasks_are_dropped_until_it_is_replayed(tmp_path: Path) -> None:
    notes = tmp_path / "notes"
    erase("zyzzyva")
    restore("zyzzyva")
    # as a worker runs it
    assert str(note.apply((str(notes),)).state) == "IGNORED"
    assert not notes.exists()
    call_command("replay_erasures")
    assert note.apply((str(notes),)).state == "SUCCESS"
    assert notes.read_text() == "done"
