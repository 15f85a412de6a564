"""An account's followers over time, and how many came in a month."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

MONTH = timedelta(days=30)
SHOWN = timedelta(days=90)


class Count(NamedTuple):
    """Followers from a moment on."""

    at: datetime
    followers: int


@dataclass(frozen=True, slots=True)
class Followers:
    """Counts from oldest to newest, each of them from its moment on, at most one a day."""

    counts: tuple[Count, ...]
    change: int | None
    """Since `since`; None with one count."""
    since: datetime
    """Thirty days ago, or the first count if that is later."""

    @property
    def now(self) -> int:
        """The latest count."""
        return self.counts[-1].followers


def followers_of(counts: Sequence[tuple[datetime, int | None]], now: datetime) -> Followers | None:
    """Return the growth of followers from counts (oldest first); None where nothing was counted.

    Days are those of the counts' time zone. A count that was withheld says nothing.
    """
    known = [Count(at, count) for at, count in counts if count is not None]
    if not known:
        return None
    before = [each for each in known if each.at <= now - MONTH]
    since, start = max(known[0].at, now - MONTH), (before[-1] if before else known[0]).followers
    # what held when the shown days begin, then the last count of each day
    first = [Count(now - SHOWN, each.followers) for each in known if each.at <= now - SHOWN][-1:]
    by_day = {each.at.date(): each for each in known if each.at > now - SHOWN}
    return Followers((*first, *by_day.values()), known[-1].followers - start if len(known) > 1 else None, since)
