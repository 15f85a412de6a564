"""What goes into the engine and what comes out of it.

Times are whole epoch seconds, UTC. Counts are cumulative and of people's actions; NaN means unknown.
"""

import math
from bisect import bisect_right
from dataclasses import dataclass
from operator import itemgetter
from typing import Literal

from posts.content.captions import CaptionMeasures
from posts.content.pictures import CoverMeasures

HOUR = 3600
DAY = 24 * HOUR
HORIZON = DAY
"""A forecast is of the counts this many seconds after publishing."""

MOST_FOLLOWERS = 1e10
"""More than there are people: as many or more are no number of followers, and count as unknown."""

Bucket = Literal["low", "medium", "high"]
Basis = Literal["prior", "population", "account"]


@dataclass(frozen=True, slots=True)
class Counts:
    """One observation: a post's counts at a moment."""

    observed_at: int
    likes: float
    comments: float
    shares: float
    views: float


@dataclass(frozen=True, slots=True)
class PublishedPost:
    """A post with what was counted of it. Times are seconds since 1970; `duration_s` and `cover` may be unknown."""

    post_id: str
    posted_at: int
    caption: CaptionMeasures
    duration_s: float
    sound: str
    cover: CoverMeasures | None
    observations: tuple[Counts, ...]


@dataclass(frozen=True, slots=True)
class Draft:
    """What is about to be published. `publish_at` is in seconds since 1970."""

    publish_at: int
    caption: CaptionMeasures
    duration_s: float
    sound: str
    cover: CoverMeasures | None


@dataclass(frozen=True, slots=True)
class AccountHistory:
    """An account's posts, in any order, and its followers, NaN unknown."""

    account_id: str
    followers: float
    """The last count; of all times, where no other is known."""
    posts: tuple[PublishedPost, ...]
    follower_counts: tuple[tuple[int, float], ...] = ()
    """Each count with the moment from which it is known, oldest first."""

    def followers_at(self, moment: int, until: int) -> float:
        """The last count known at `moment`; where there was none yet, the first one known by `until`, or NaN.

        As with posts that nobody had counted, a later count stands in for rows of the past: `until` is the moment from
        which one looks back at them. For that moment itself nothing stands in.
        """
        if not self.follower_counts:
            return self.followers
        known = bisect_right(self.follower_counts, moment, key=itemgetter(0))
        observed_at, followers = self.follower_counts[max(known - 1, 0)]
        return followers if observed_at <= until else math.nan


@dataclass(frozen=True, slots=True)
class Effect:
    """How many per cent a feature moves the typical forecast away from the account's usual."""

    feature: str
    effect_pct: float


@dataclass(frozen=True, slots=True)
class Range:
    """A typical value within an 80 % interval: low <= typical <= high."""

    low: float
    typical: float
    high: float


@dataclass(frozen=True, slots=True)
class Forecast:
    """Counts at the horizon. Always finite, never negative, low <= typical <= high."""

    point: float
    typical: float
    low: float
    high: float
    bucket: Bucket
    metrics: dict[str, float]
    """likes (the point), and comments, shares and views where the account's history or the population tells them."""
    measures: dict[str, Range]
    """Of the same measures the typical value, and the interval."""
    engagement_rate: Range | None
    """(likes + comments + shares) / views, from 0 to 1; None, with a warning that says why, where it is not known."""
    baseline: float | None
    """Mean of the last five labels; None when there is none."""
    basis: Basis
    explanation: tuple[Effect, ...]
    warnings: tuple[str, ...]
