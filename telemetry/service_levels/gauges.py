"""Service levels that are counted in the database: how many items there are, and how many are late.

A room registers the count of its level in a module that it imports when it is ready:

    counted("erasures", erasures_on_time)
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.core.cache import cache
from django.utils import timezone
from prometheus_client import Gauge

COUNTED_EVERY_S = 60
"""A count is shared by all processes for that long: each scrape of each would ask the database again."""

ITEMS = Gauge(
    "postcast_level_items",
    "Accounts, observations, erasures or forecasts that a service level covers.",
    ["level"],
    multiprocess_mode="mostrecent",
)
LATE = Gauge(
    "postcast_level_late",
    "Those of them that miss what the service level promises.",
    ["level"],
    multiprocess_mode="mostrecent",
)


@dataclass(frozen=True, slots=True)
class Standing:
    """How many items a service level covers, and how many of them miss it."""

    items: int
    late: int


Count = Callable[[datetime], Standing]
_counts: dict[str, Count] = {}


def counted(level: str, count: Count) -> None:
    """Register the count of a level (a name in `levels.LEVELS`)."""
    _counts[level] = count


def standings() -> Mapping[str, Standing]:
    """Return how each counted level stands, at most a minute ago."""
    return {level: _standing(level, count) for level, count in _counts.items()}


def show(level: str, count: Count) -> None:
    """Set the gauges of the level."""
    standing = _standing(level, count)
    ITEMS.labels(level).set(standing.items)
    LATE.labels(level).set(standing.late)


def show_all() -> None:
    """Set the gauges of all counted levels."""
    for level, count in _counts.items():
        show(level, count)


def _standing(level: str, count: Count) -> Standing:
    key = f"service-level:{level}"
    standing: Standing | None = cache.get(key)
    if standing is None:
        standing = count(timezone.now())
        cache.set(key, standing, COUNTED_EVERY_S)
    return standing
