"""Learned accounts that this worker has decoded, for the next forecasts of the same accounts.

A person who works on a draft asks again within minutes; decoding what was learned takes longer than a forecast from it.
The database decides whether a remembered version still counts: the query that reads the account compares versions, so
that what was learned anew, or was erased, is never used in its old form. What nobody asks for is let go.
"""

import threading
import time
from collections import OrderedDict
from dataclasses import dataclass, fields

from predictions.engine import LearnedAccount
from predictions.engine.data.history import History

MAX_BYTES = 48 * 1024 * 1024
"""Of arrays, in each worker."""
MAX_AGE_S = 600.0
"""So long after it was decoded, an account is let go: an erased person's stays no longer in a worker that is in use."""


@dataclass(frozen=True, slots=True)
class Remembered:
    """A version of an account's weights, decoded."""

    account_id: int
    version: int
    learned: LearnedAccount
    bytes: int
    decoded_at: float


class Memory:
    """Accounts by their person and public id, those decoded longest ago let go first. Threads share it."""

    def __init__(self, max_bytes: int = MAX_BYTES) -> None:
        self._max_bytes = max_bytes
        self._accounts: OrderedDict[tuple[int, str], Remembered] = OrderedDict()
        self._latest: dict[int, str] = {}
        """The public id that was last remembered of each person."""
        self._bytes = 0
        self._lock = threading.Lock()

    def newest_of(self, user_id: int, public_id: str | None) -> Remembered | None:
        """Return what is remembered of the person's account of that id, or without one of their latest account."""
        with self._lock:
            self._let_go()
            return self._accounts.get((user_id, public_id or self._latest.get(user_id, "")))

    def keep(self, user_id: int, public_id: str, *, account_id: int, version: int, learned: LearnedAccount) -> None:
        """Remember an account in the place of an earlier version of it; one that is larger than all room is not."""
        size = _bytes_of(learned)
        with self._lock:
            self._drop((user_id, public_id))
            if size <= self._max_bytes:
                entry = Remembered(account_id, version, learned, size, time.monotonic())
                self._accounts[user_id, public_id] = entry
                self._latest[user_id] = public_id
                self._bytes += size
            self._let_go()

    def forget(self, user_id: int) -> None:
        """Let go what is remembered of a person."""
        with self._lock:
            for key in [key for key in self._accounts if key[0] == user_id]:
                self._drop(key)

    def _let_go(self) -> None:
        until = time.monotonic() - MAX_AGE_S
        while self._accounts:
            key, oldest = next(iter(self._accounts.items()))
            if oldest.decoded_at > until and self._bytes <= self._max_bytes:
                break
            self._drop(key)

    def _drop(self, key: tuple[int, str]) -> None:
        if dropped := self._accounts.pop(key, None):
            self._bytes -= dropped.bytes
            if self._latest.get(key[0]) == key[1]:
                del self._latest[key[0]]


def _bytes_of(learned: LearnedAccount) -> int:
    arrays = [getattr(learned.history, field.name) for field in fields(History)]
    return sum(array.nbytes for array in (*arrays, learned.effects.gram, learned.effects.usual))


memory = Memory()
"""This worker's."""
