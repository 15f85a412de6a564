"""The ledger of erasures: a file outside of the database, so that restoring a backup does not bring anybody back.

The first line is a random key. Each other line is an erasure: its id, the moment, what identified the person, each
under an HMAC with that key, and a hash over the line before. The key is in the file because a backup may be restored
years later, when every key of the service was rotated; keep the file as safe as the backups.

Each line is logged as well, so that a lost line can be rewritten from the log, or from the receipts in the database,
which keep their pseudonyms (`privacy.erasure.restores.replay.rebuild`). The key is in neither.

One process writes at a time, under a lock on the file. An unfinished last line is of a writer that died before its
erasure went on: the next writer removes it, and the erasure writes it again.
"""

import fcntl
import hashlib
import hmac
import json
import os
import secrets
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import IO

import structlog
from django.conf import settings
from django.utils import timezone

log = structlog.get_logger(__name__)


class LedgerBroken(Exception):
    """The ledger was altered; the message says in which line."""

    def __init__(self, line: int, how: str) -> None:
        super().__init__(f"Line {line} of the ledger of erasures {how}.")


@dataclass(frozen=True, slots=True)
class Entry:
    """One erasure."""

    erasure: str
    pseudonyms: frozenset[str]


def append(erasure: str, pseudonyms: Collection[str]) -> None:
    """Append an erasure, synced to the disk; nothing if it is there already. Raise LedgerBroken."""
    with _writing() as file:
        lines = _whole_lines(file)
        if any(entry.erasure == erasure for entry in _entries(lines)):
            return
        entry = {
            "erasure": erasure,
            "at": timezone.now().isoformat(timespec="seconds"),
            "pseudonyms": sorted(pseudonyms),
            "previous": _digest(lines[-1]),
        }
        line = json.dumps(entry)
        _write(file, line.encode())
    log.info("erasure_written_down", line=line)


def entries() -> list[Entry]:
    """Return all erasures, in order. Raise LedgerBroken."""
    return _entries(_read())


def key() -> bytes:
    """Return the key of the pseudonyms, creating the file if there is none. Raise LedgerBroken."""
    with _writing() as file:
        return _key(_whole_lines(file))


def fingerprint() -> tuple[int, ...]:
    """Return a value that changes with the file; empty without one. Cheap enough for every request."""
    try:
        stat = Path(settings.ERASURE_LEDGER_PATH).stat()
    except FileNotFoundError:
        return ()
    return stat.st_ino, stat.st_size, stat.st_mtime_ns


def pseudonym(key: bytes, identifier: str) -> str:
    """Return 128 bits of an HMAC-SHA256, in hex."""
    return hmac.new(key, identifier.encode(), hashlib.sha256).hexdigest()[:32]


# --- the file ---------------------------------------------------------------------------------------------------------


def _read() -> list[bytes]:
    try:
        with Path(settings.ERASURE_LEDGER_PATH).open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH)
            return _whole_lines(file)
    except FileNotFoundError:
        return []


@contextmanager
def _writing() -> Iterator[IO[bytes]]:
    """Open the file for one writer at a time, with its key and without an unfinished line."""
    descriptor = os.open(settings.ERASURE_LEDGER_PATH, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(descriptor, "r+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        written = file.read()
        file.truncate(written.rfind(b"\n") + 1)
        if b"\n" not in written:
            _write(file, json.dumps({"key": secrets.token_hex(32)}).encode())
            _sync_folder()
        yield file


def _whole_lines(file: IO[bytes]) -> list[bytes]:
    file.seek(0)
    return file.read().split(b"\n")[:-1]


def _write(file: IO[bytes], line: bytes) -> None:
    file.write(line + b"\n")
    file.flush()
    os.fsync(file.fileno())


def _sync_folder() -> None:
    """Sync the folder, which holds a new file's name."""
    descriptor = os.open(Path(settings.ERASURE_LEDGER_PATH).parent, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _entries(lines: list[bytes]) -> list[Entry]:
    if lines:
        _key(lines)
    return [_entry(number, before, line) for number, (before, line) in enumerate(pairwise(lines), start=2)]


def _entry(number: int, before: bytes, line: bytes) -> Entry:
    try:
        read = json.loads(line)
        entry, previous = Entry(str(read["erasure"]), frozenset(map(str, read["pseudonyms"]))), read["previous"]
    except (ValueError, KeyError, TypeError) as error:
        raise LedgerBroken(number, "cannot be read") from error
    if previous != _digest(before):
        raise LedgerBroken(number, "does not follow from the one before it")
    return entry


def _key(lines: list[bytes]) -> bytes:
    try:
        return bytes.fromhex(json.loads(lines[0])["key"])
    except (ValueError, KeyError, TypeError, IndexError) as error:
        raise LedgerBroken(1, "is no key") from error


def _digest(line: bytes) -> str:
    return hashlib.sha256(line).hexdigest()
