"""The ledger of erasures: a file outside of the database, so that restoring a backup does not bring anybody back.

The first line is a random key, each other one an erasure: its id, the moment, and what identified the person, each
under an HMAC with that key. The key stands in the file because a backup may be restored years later, when every key of
the service was rotated; the file is to be kept as safe as the backups. Each line carries a hash over the one before.

Each line is logged as well, so that what the file loses can be written again: from there, or from the receipts in the
database, which keep their pseudonyms (`privacy.replaying.rebuild`). The key is in neither.

One writer at a time, under a lock on the file. A last line without its end is of a writer that died before the erasure
went on: nobody relies on it, the next writer takes it out, and the erasure writes it again.
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
    """Write an erasure down, safely on the disk before this returns; nothing where it stands there already."""
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
    """All of them, in order; none where none was written yet. Raises LedgerBroken."""
    return _entries(_read())


def key() -> bytes:
    """What makes pseudonyms of identifiers; made with the file, where there is none yet. Raises LedgerBroken."""
    with _writing() as file:
        return _key(_whole_lines(file))


def fingerprint() -> tuple[int, ...]:
    """Changes with the file; cheap enough to be asked all the time."""
    try:
        stat = Path(settings.ERASURE_LEDGER_PATH).stat()
    except FileNotFoundError:
        return ()
    return stat.st_ino, stat.st_size, stat.st_mtime_ns


def pseudonym(key: bytes, identifier: str) -> str:
    """128 bits of an HMAC-SHA256."""
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
    """The file, for one writer at a time, with its key and without an unfinished line."""
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
    """A new file's name is in its folder, which reaches the disk by itself only later."""
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
