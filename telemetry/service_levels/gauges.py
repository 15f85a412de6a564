"""Gauges of the service levels that are counted in the database: how many items there are, and how many are late."""

from collections.abc import Callable
from dataclasses import dataclass

from django.core.cache import cache
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


def show(level: str, count: Callable[[], Standing]) -> None:
    """Set the gauges of the level (a name in `levels.LEVELS`) from its count, at most a minute old."""
    key = f"service-level:{level}"
    standing = cache.get(key)
    if standing is None:
        standing = count()
        cache.set(key, standing, COUNTED_EVERY_S)
    ITEMS.labels(level).set(standing.items)
    LATE.labels(level).set(standing.late)
