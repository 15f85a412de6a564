"""Memory of callers in a process, and the marks in Redis that end it at once in all processes.

A process may keep for `KEPT_S` what it read of a person, such as their API token, if each request that uses it looks
for the person's mark. That costs no call: the script that counts the limits reads it. Where there is a mark, or Redis
is away, PostgreSQL is asked again. Should Redis lose a mark, what it would have ended ends `KEPT_S` later.
"""

from collections.abc import Callable
from dataclasses import dataclass

from django.db import transaction
from django.http import HttpRequest

from config.rate_limits.shared import run_shared

KEPT_S = 30.0
"""Time for which a process keeps what it read."""
MARKED_S = 2 * int(KEPT_S)
"""Time for which a mark stays: until nothing that was read before it is kept anywhere."""
_MARK = "return redis.call('SET', KEYS[1], 1, 'EX', ARGV[1])"
_ATTRIBUTE = "remembered"


@dataclass(frozen=True, slots=True)
class Remembered:
    """The caller of a request is known from memory: the mark that would end that, and how to ask PostgreSQL instead."""

    mark: str
    confirm: Callable[[], None]
    """Asks PostgreSQL for the caller again; raises where the request is to be refused."""


def mark_of(person: int) -> str:
    """Return the key in Redis that says that something about the person's sign-ins or tokens changed."""
    return f"changed:person:{person}"


def end_what_is_remembered(person: int) -> None:
    """Let no process use what it remembers of the person: now, and again once the caller's transaction commits."""

    def mark() -> None:
        run_shared(_MARK, [mark_of(person)], [MARKED_S])

    mark()
    if transaction.get_connection().in_atomic_block:
        transaction.on_commit(mark)


def note_remembered(request: HttpRequest, remembered: Remembered) -> None:
    """Note that the request's caller is known from memory alone."""
    request.__dict__[_ATTRIBUTE] = remembered


def take_remembered(request: HttpRequest) -> Remembered | None:
    """Return what was noted, once: whoever takes it looks for the mark, or confirms."""
    taken: Remembered | None = request.__dict__.pop(_ATTRIBUTE, None)
    return taken
