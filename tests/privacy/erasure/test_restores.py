"""A restored backup brings nobody back: the ledger, the replay, and a ledger that was lost."""

import json
import logging
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command
from django.test import Client

from accounts.models import User
from privacy.erasure import ledger
from privacy.erasure import steps as erasing
from privacy.erasure.restores.replay import unknown_erasures
from privacy.models import Erasure
from tests.privacy.erasure.erasures import erase, everything


@pytest.mark.django_db
def test_a_restored_backup_brings_nobody_back(silent_tiktok: list[str], client: Client) -> None:
    everything("bystander")
    erase(everything("zyzzyva"))
    # the backup from before it: the same person, and no word of the erasure
    Erasure.objects.all().delete()
    restored = everything("zyzzyva")
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert "replay_erasures" in answer.json()["data"]
    call_command("replay_erasures")
    assert not User.objects.filter(pk=restored.pk).exists()
    assert User.objects.count() == 1
    assert unknown_erasures() == []
    assert client.get("/readyz").status_code == 200
    call_command("replay_erasures")


@pytest.mark.django_db
def test_the_ledger_names_nobody_and_shows_when_it_was_altered(
    silent_tiktok: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    path = Path(settings.ERASURE_LEDGER_PATH)
    for name in ("zyzzyva", "xylophone", "quiddity"):
        erase(everything(name))
    text = path.read_text()
    assert not [name for name in ("zyzzyva", "xylophone", "quiddity") if name in text]
    assert json.loads(text.splitlines()[0])["key"] not in caplog.text
    assert len(ledger.entries()) == 3
    lines = text.splitlines()
    path.write_text("\n".join([lines[0], lines[2], lines[3]]) + "\n")
    with pytest.raises(ledger.LedgerBroken, match="Line 2"):
        ledger.entries()


@pytest.mark.django_db
def test_an_erasure_is_written_down_before_anything_is_gone(
    silent_tiktok: list[str], monkeypatch: pytest.MonkeyPatch, client: Client
) -> None:
    def die(erasure: Erasure) -> None:
        raise KeyboardInterrupt

    user = everything("zyzzyva")
    with monkeypatch.context() as patched:
        patched.setitem(erasing.STEPS, "revoke", die)
        with pytest.raises(KeyboardInterrupt):
            erase(user)
    assert unknown_erasures() == []
    assert client.get("/readyz").status_code == 200
    # the backup of the night before
    Erasure.objects.all().delete()
    assert client.get("/readyz").status_code == 503
    call_command("replay_erasures")
    assert not User.objects.exists()


@pytest.mark.django_db
def test_the_receipt_holds_what_the_ledger_and_the_log_do(
    silent_tiktok: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    erasure = erase(everything("zyzzyva"))
    [entry] = ledger.entries()
    assert entry.pseudonyms == frozenset(erasure.pseudonyms)
    assert ledger.pseudonym(ledger.key(), "open-zyzzyva") in erasure.pseudonyms
    said: list[Any] = [record.msg for record in caplog.records]
    [event] = [each for each in said if "erasure_written_down" in str(each)]
    assert event["line"] == Path(settings.ERASURE_LEDGER_PATH).read_text().splitlines()[1]


@pytest.mark.django_db
@pytest.mark.parametrize("lines_left", [0, 1, 2])
def test_a_ledger_that_lost_lines_is_not_an_empty_one(
    silent_tiktok: list[str], client: Client, lines_left: int
) -> None:
    for name in ("zyzzyva", "xylophone"):
        erase(everything(name))
    path = Path(settings.ERASURE_LEDGER_PATH)
    whole, lines = ledger.entries(), path.read_text().splitlines(keepends=True)
    path.unlink()
    if lines_left:
        path.write_text("".join(lines[:lines_left]))
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert "manage.py rebuild_ledger" in answer.json()["data"]
    out = StringIO()
    call_command("rebuild_ledger", stdout=out)
    assert ("begun anew" in out.getvalue()) == (not lines_left)
    assert ledger.entries() == whole
    assert client.get("/readyz").status_code == 200


@pytest.mark.django_db
def test_a_rebuilt_ledger_keeps_the_erased_out(silent_tiktok: list[str]) -> None:
    erase(everything("zyzzyva"))
    path = Path(settings.ERASURE_LEDGER_PATH)
    path.write_text(path.read_text().splitlines(keepends=True)[0])
    call_command("rebuild_ledger")
    Erasure.objects.all().delete()
    everything("zyzzyva")
    call_command("replay_erasures")
    assert not User.objects.exists()
