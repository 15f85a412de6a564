"""Local time of an account: the zone that its owner chose, or an offset inferred from its posting hours."""

from datetime import UTC, datetime
from functools import cache, lru_cache
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from predictions.engine.types import DAY, HOUR, Floats

MIN_POSTS = 10
"""With fewer posts the offset is not inferred: local time is UTC."""

# by local hour: people sleep and rarely post then, and are awake at different hours alike; orders of magnitude
_BY_HOUR = np.array([0.3, 0.15, 0.08, 0.05, 0.05, 0.08, 0.2, 0.5, *[0.9] * 14, 0.8, 0.6])
_LOG_CHANCE = np.log(_BY_HOUR / _BY_HOUR.sum())
_OFFSETS = np.arange(-11, 13)


def infer_offset(posted_at: NDArray[np.int64]) -> int:
    """Return the offset from UTC, in whole hours as seconds, under which the posting hours (n,) are most usual.

    0 for fewer than `MIN_POSTS` posts. Of equally likely offsets it is the one nearest to UTC.
    """
    if len(posted_at) < MIN_POSTS:
        return 0
    by_hour = np.bincount(posted_at % DAY // HOUR, minlength=24)
    local = (np.arange(24) + _OFFSETS[:, None]) % 24
    likelihood = _LOG_CHANCE[local] @ by_hour
    best = _OFFSETS[likelihood >= likelihood.max() - 1e-9]
    return int(best[np.argmin(np.abs(best))]) * HOUR


def local_seconds(moments: NDArray[np.int64], zone: str, offset: int) -> NDArray[np.int64]:
    """Return epoch seconds (n,) shifted to local time: by the IANA `zone`, or by `offset` seconds where it is empty."""
    if not zone:
        return moments + offset
    return moments + np.array([_offset_in(zone, int(moment) // HOUR) for moment in moments], dtype=np.int64)


def hours_of(local: NDArray[np.int64]) -> Floats:
    """Return the local hour of the day, 0 to 24, of local seconds (n,)."""
    hours: Floats = local % DAY / HOUR
    return hours


def weekdays_of(local: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the weekday, Monday 0, of local seconds (n,)."""
    # 1970-01-01 was a Thursday
    weekdays: NDArray[np.int64] = (local // DAY + 3) % 7
    return weekdays


@cache
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


@lru_cache(maxsize=100_000)
def _offset_in(zone: str, hour: int) -> int:
    """Return the zone's offset in seconds at an hour since 1970: zones change theirs at whole UTC hours, or nearly."""
    offset = datetime.fromtimestamp(hour * HOUR, UTC).astimezone(_zone(zone)).utcoffset()
    return int(offset.total_seconds()) if offset else 0
