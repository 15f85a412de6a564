"""The ledger of erasures: a file outside of the database, so that restoring a backup does not bring anybody back.

The first line is a random key, each other one an erasure: its id, the moment, and what identified the person, each
under an HMAC with that key. The key stands in the file because a backup may be restored years later, when every key of
the service was rotated; the file is to be kept as safe as the backups. Each line carries a hash over the one before.
"""

import hashlib
import hmac
import json
import os
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from django.conf import settings
from django.utils import timezone


class LedgerBroken(Exception):
    """The ledger was altered; the message says in which line."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One erasure."""

    erasure: str
    pseudonyms: frozenset[str]


def append(erasure: str, identifiers: Collection[str]) -> None:
    """Write an erasure down, safely on the disk before this returns. Twice does no harm."""
    path = Path(settings.ERASURE_LEDGER_PATH)
    if not path.exists():
        _write(path, json.dumps({"key": secrets.token_hex(32)}))
    lines = path.read_text(encoding="utf-8").splitlines()
    key = _key(lines)
    entry = {
        "erasure": erasure,
        "at": timezone.now().isoformat(timespec="seconds"),
        "pseudonyms": sorted(pseudonym(key, each) for each in identifiers),
        "previous": hashlib.sha256(lines[-1].encode()).hexdigest(),
    }
    _write(path, json.dumps(entry))


def entries() -> list[Entry]:
    """All of them, in order; none where no ledger is configured or written yet. Raises LedgerBroken."""
    if not settings.ERASURE_LEDGER_PATH or not Path(settings.ERASURE_LEDGER_PATH).exists():
        return []
    lines = Path(settings.ERASURE_LEDGER_PATH).read_text(encoding="utf-8").splitlines()
    found = []
    for number, (before, line) in enumerate(pairwise(lines), start=2):
        entry = json.loads(line)
        if entry["previous"] != hashlib.sha256(before.encode()).hexdigest():
            raise LedgerBroken(f"Line {number} of the ledger of erasures does not follow from the one before it.")
        found.append(Entry(entry["erasure"], frozenset(entry["pseudonyms"])))
    return found


def pseudonyms_of(identifiers: Collection[str]) -> frozenset[str]:
    """How these would stand in the ledger."""
    key = _key(Path(settings.ERASURE_LEDGER_PATH).read_text(encoding="utf-8").splitlines())
    return frozenset(pseudonym(key, each) for each in identifiers)


def pseudonym(key: bytes, identifier: str) -> str:
    """128 bits of an HMAC-SHA256."""
    return hmac.new(key, identifier.encode(), hashlib.sha256).hexdigest()[:32]


def _key(lines: list[str]) -> bytes:
    return bytes.fromhex(json.loads(lines[0])["key"])


def _write(path: Path, line: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        os.write(descriptor, f"{line}\n".encode())
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
