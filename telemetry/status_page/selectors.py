"""What works now, for everybody: checked at most every few seconds by a process, however often the page is asked."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from cachetools import TTLCache, cached
from django.conf import settings
from django.utils.translation import gettext_lazy as _
from redis.exceptions import RedisError

from config.outside import breaker
from config.outside.addresses import host_of
from telemetry.connections import redis_client
from telemetry.dependencies import postgresql_fault, redis_fault
from telemetry.queues import queues
from telemetry.service_levels import heartbeat

CHECKED_EVERY_S = 15
SILENT_AFTER_S = 120.0
"""Beat's heartbeat comes every few seconds; older than this, background work stands still, as its alert says too."""
LATE_AFTER_S = {"interactive": 60.0, "outside": 15 * 60.0, "learning": 60 * 60.0}
"""By queue: age of the oldest message from which on its work is late."""


class State(StrEnum):
    """How a part of the service does."""

    UP = "up"
    SLOW = "slow"
    DOWN = "down"
    OFF = "off"


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the service as it is now, in words for people."""

    key: str
    name: Any
    state: State
    words: Any


@dataclass(frozen=True, slots=True)
class Status:
    """All parts, and when they were checked (epoch seconds)."""

    parts: tuple[Part, ...]
    checked_at: float

    @property
    def works(self) -> bool:
        """Return whether everything that this installation has works."""
        return all(part.state in (State.UP, State.OFF) for part in self.parts)

    @property
    def age_s(self) -> int:
        """Return the seconds since the check."""
        return max(0, int(time.time() - self.checked_at))


NAMES = {
    "forecasts": _("Forecasts and your pages"),
    "tiktok": _("Reading TikTok"),
    "background": _("Background work"),
}
WORDS = {
    ("forecasts", State.UP): _("Drafts are forecast, and what is stored can be read."),
    ("forecasts", State.DOWN): _("The database does not answer: nothing can be forecast or opened. Nothing is lost."),
    ("tiktok", State.UP): _("Posts and their counts are read as planned."),
    ("tiktok", State.SLOW): _("Reading is behind. New posts and counts come later than usual; forecasts go on."),
    ("tiktok", State.DOWN): _("TikTok does not answer us. We keep trying; forecasts go on from what was read before."),
    ("tiktok", State.OFF): _("This installation is not connected to TikTok. Posts come from files."),
    ("background", State.UP): _("Results, learning, copies of data and erasures are done as planned."),
    ("background", State.SLOW): _("Results and learning come later than usual."),
    ("background", State.DOWN): _("Results, learning, copies and erasures wait. They are done once this works again."),
}


@cached(TTLCache(maxsize=1, ttl=CHECKED_EVERY_S))
def status() -> Status:
    """Return how each part does."""
    return Status(tuple(Part(key, NAMES[key], state, WORDS[key, state]) for key, state in _states()), time.time())


def _states() -> Iterator[tuple[str, State]]:
    yield "forecasts", State.DOWN if postgresql_fault() else State.UP
    late = _late_queues()
    stands_still = late is None or time.time() - heartbeat.last() > SILENT_AFTER_S
    yield "tiktok", _tiktok(stands_still, late or set())
    if stands_still:
        yield "background", State.DOWN
    else:
        yield "background", State.SLOW if (late or set()) - {"outside"} else State.UP


def _tiktok(stands_still: bool, late: set[str]) -> State:
    if not settings.TIKTOK_CLIENT_KEY:
        return State.OFF
    if breaker.is_left_alone(f"tiktok:{host_of(settings.TIKTOK_API_URL)}"):
        return State.DOWN
    return State.SLOW if stands_still or "outside" in late else State.UP


def _late_queues() -> set[str] | None:
    """Return the queues whose work is late; None while Redis does not answer, and nothing is worked on."""
    if redis_fault():
        return None
    try:
        with redis_client() as client:
            return {each.name for each in queues(client) if each.age_s > LATE_AFTER_S.get(each.name, float("inf"))}
    except RedisError:
        return None
