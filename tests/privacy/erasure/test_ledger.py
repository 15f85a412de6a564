"""The ledger of erasures: whole whatever its writers do to each other, and readable or reported as broken."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from privacy.erasure import ledger

ROOT = Path(__file__).resolve().parents[3]
WRITER = """
import sys
import django
from django.conf import settings
settings.configure(ERASURE_LEDGER_PATH=sys.argv[1], USE_TZ=True)
from privacy.erasure import ledger
print("ready", flush=True)
sys.stdin.read()
for number in range(25):
    ledger.append(f"eras_{sys.argv[2]}_{number}", [ledger.pseudonym(ledger.key(), "somebody")])
"""


@pytest.fixture
def path(tmp_path: Path, settings: Any) -> Path:
    """The path of the ledger."""
    settings.ERASURE_LEDGER_PATH = str(tmp_path / "ledger")
    return tmp_path / "ledger"


def test_many_writers_at_once_keep_the_chain_and_one_key(path: Path) -> None:
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, str(path), str(name)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        for name in range(4)
    ]
    for writer in writers:
        assert writer.stdout
        writer.stdout.readline()
    for writer in writers:
        assert writer.stdin
        writer.stdin.close()
    assert [writer.wait() for writer in writers] == [0] * 4
    for writer in writers:
        assert writer.stdout
        writer.stdout.close()
    entries = ledger.entries()
    assert len({entry.erasure for entry in entries}) == len(entries) == 100
    assert {entry.pseudonyms for entry in entries} == {frozenset([ledger.pseudonym(ledger.key(), "somebody")])}


@pytest.mark.parametrize("kept", [0.05, 0.5, 1.0])
def test_an_unfinished_line_is_removed(path: Path, kept: float) -> None:
    ledger.append("eras_one", ["somebody"])
    whole = path.read_bytes()
    ledger.append("eras_two", ["somebody"])
    second = path.read_bytes()[len(whole) : -1]
    path.write_bytes(whole + second[: int(len(second) * kept)])
    assert [entry.erasure for entry in ledger.entries()] == ["eras_one"]
    ledger.append("eras_two", ["somebody"])
    assert [entry.erasure for entry in ledger.entries()] == ["eras_one", "eras_two"]


def test_a_key_that_was_not_finished_is_made_anew(path: Path) -> None:
    path.write_text('{"key": "00')
    assert ledger.entries() == []
    ledger.append("eras_one", ["somebody"])
    assert [entry.erasure for entry in ledger.entries()] == ["eras_one"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    "damage", [b"\xff\n", b"{}\n", b"[]\n", b"\n", b'{"erasure": "e", "pseudonyms": [], "previous": "x"}\n']
)
def test_a_damaged_line_is_told_and_keeps_the_service_unready(path: Path, damage: bytes, client: Client) -> None:
    ledger.append("eras_one", ["somebody"])
    path.write_bytes(path.read_bytes() + damage)
    with pytest.raises(ledger.LedgerBroken, match="Line 3"):
        ledger.entries()
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert "Line 3 of the ledger" in answer.json()["data"]


def test_a_damaged_key_is_told(path: Path) -> None:
    path.write_text('{"key": "no hex"}\n')
    with pytest.raises(ledger.LedgerBroken, match="Line 1"):
        ledger.append("eras_one", ["somebody"])
