"""The queue of a process between its requests and the thread that writes their records."""

from collections import deque
from typing import NamedTuple

MOST_WAITING = 20_000
"""Records that a process keeps while PostgreSQL is away, about 6 MB; more are dropped, and counted."""


class Request(NamedTuple):
    """An answered request as it waits to be written. Durations are in seconds."""

    at: float
    """Epoch seconds at which it came."""
    route: str
    """The pattern of its address; empty where none matched."""
    method: str
    status: int
    total: float
    stages: dict[str, float]
    model_version: int | None
    user_id: int | None
    """Becomes a pseudonym before it is written."""


class Waiting:
    """Records that wait to be written: bounded, and never a wait for the request that adds one."""

    def __init__(self, most: int = MOST_WAITING) -> None:
        self.is_open = False
        """Without a thread that writes them (commands, workers) records are not kept."""
        self.dropped = 0
        """Since the last `take`."""
        self._most = most
        self._requests: deque[Request] = deque()

    def add(self, request: Request) -> None:
        """Keep the record, or count it as dropped if too many wait. Never raises."""
        if not self.is_open:
            return
        if len(self._requests) >= self._most:
            self.dropped += 1
        else:
            self._requests.append(request)

    def take(self) -> tuple[list[Request], int]:
        """Return the waiting records, oldest first, and how many were dropped since the last time."""
        count = len(self._requests)
        requests = [self._requests.popleft() for _ in range(count)]
        dropped, self.dropped = self.dropped, 0
        return requests, dropped

    def put_back(self, requests: list[Request]) -> None:
        """Keep records that could not be written, before newer ones; the oldest beyond the bound are dropped."""
        room = max(0, self._most - len(self._requests))
        kept = requests[-room:] if room else []
        self.dropped += len(requests) - len(kept)
        self._requests.extendleft(reversed(kept))

    def clear(self) -> None:
        """Forget all, without counting: after a fork the parent still has them."""
        self.is_open, self.dropped = False, 0
        self._requests.clear()


WAITING = Waiting()
