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
    """The start of the day thirty days ago, or the first count if that is later."""

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
    # whole days, so that the same question has the same answer until midnight
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    before = [each for each in known if each.at <= today - MONTH]
    since, start = max(known[0].at, today - MONTH), (before[-1] if before else known[0]).followers
    # what held when the shown days begin, then the last count of each day
    first = [Count(today - SHOWN, each.followers) for each in known if each.at <= today - SHOWN][-1:]
    by_day = {each.at.date(): each for each in known if each.at > today - SHOWN}
    return Followers((*first, *by_day.values()), known[-1].followers - start if len(known) > 1 else None, since)
