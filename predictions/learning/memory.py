"""Learned accounts that this worker has decoded, for the next forecasts of the same accounts.

A person who works on a draft asks again within minutes; decoding what was learned takes about as long as a forecast.
The database decides whether a remembered version still counts: the query that reads the account compares versions, so
that what was learned anew, or was erased, is never used in its old form.
"""

import threading
from dataclasses import dataclass, fields

from cachetools import TTLCache
from prometheus_client import Counter

from predictions.engine import LearnedAccount
from predictions.engine.data.history import History

MAX_BYTES = 48 * 1024 * 1024
"""Of arrays, in each worker."""
MAX_AGE_S = 600.0
"""So long after it was decoded, an account is let go: an erased person's stays no longer in a worker that is asked."""
_PEOPLE = 10_000
LOOKUPS = Counter("postcast_account_memory_lookups_total", "Accounts asked of a worker's memory.", ["found"])


@dataclass(frozen=True, slots=True)
class Remembered:
    """A version of an account's weights, decoded."""

    account_id: int
    version: int
    learned: LearnedAccount

    @property
    def bytes(self) -> int:
        """Size of its arrays."""
        arrays = [getattr(self.learned.history, field.name) for field in fields(History)]
        return sum(array.nbytes for array in (*arrays, self.learned.effects.gram))


class Memory:
    """Decoded accounts by person and public id; those not asked for longest are let go first. Threads share it."""

    def __init__(self, max_bytes: int = MAX_BYTES) -> None:
        self._accounts = TTLCache[tuple[int, str], Remembered](max_bytes, MAX_AGE_S, getsizeof=lambda each: each.bytes)
        # a person with one account need not name it
        self._latest = TTLCache[int, str](_PEOPLE, MAX_AGE_S)
        self._lock = threading.Lock()

    def find(self, user_id: int, public_id: str | None) -> Remembered | None:
        """Return what is remembered of the person's account of that id, or without one of their latest account."""
        with self._lock:
            self._accounts.expire()
            remembered = self._accounts.get((user_id, public_id or self._latest.get(user_id, "")))
        LOOKUPS.labels("yes" if remembered else "no").inc()
        return remembered

    def keep(self, user_id: int, public_id: str, remembered: Remembered) -> None:
        """Remember an account in the place of its earlier versions, unless it is larger than all room."""
        with self._lock:
            self._accounts.pop((user_id, public_id), None)
            if remembered.bytes <= self._accounts.maxsize:
                self._accounts[user_id, public_id] = remembered
                self._latest[user_id] = public_id

    def forget(self, user_id: int) -> None:
        """Let go what is remembered of a person."""
        with self._lock:
            for key in [key for key in self._accounts if key[0] == user_id]:
                del self._accounts[key]


memory = Memory()
"""This worker's."""
