"""Beat's heartbeat: when a worker last ran what beat starts every few seconds."""

import time

from django.core.cache import cache

KEY = "beat-heartbeat"


def note() -> None:
    """Note that beat and a worker live."""
    cache.set(KEY, time.time(), timeout=None)


def last() -> float:
    """Return the epoch seconds of the latest heartbeat; 0 if none is known."""
    return float(cache.get(KEY) or 0)
