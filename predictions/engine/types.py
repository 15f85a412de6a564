"""The engine's input and output types, and constants that its modules share.

Times are whole epoch seconds, UTC. Counts are cumulative; NaN means unknown.
"""

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, fields
from operator import itemgetter
from typing import Literal, Self

import numpy as np
from numpy.typing import NDArray

from posts.content.captions import CaptionMeasures
from posts.content.pictures import CoverMeasures

HOUR = 3600
DAY = 24 * HOUR
HORIZON = DAY
"""Seconds after publishing at which counts are forecast."""

MIN_HISTORY = 5
"""Forecasts from fewer posts are not evaluated, in backtests and for drift: they are off otherwise."""

COUNTS = ("likes", "comments", "shares", "views")
RATE = "engagement_rate"
"""(likes + comments + shares) / views."""

COVERAGE = 0.8
"""Share of posts that an interval promises to contain."""
Z80 = 1.2815515655446004
"""Standard deviations from a normal's median to either end of its central 80 %."""

MAX_LOG = 23.0
"""Largest log1p of a count: about ten thousand million, more than there are people."""
MAX_COUNT = math.expm1(MAX_LOG)
"""Larger counts, of followers too, are treated as unknown."""

Floats = NDArray[np.float64]
Bucket = Literal["low", "medium", "high"]
Basis = Literal["prior", "population", "account"]


@dataclass(frozen=True, slots=True)
class Columns:
    """Base of tables: fields are arrays with a row for each item."""

    def __len__(self) -> int:
        return len(getattr(self, fields(self)[0].name))

    def __getitem__(self, rows: slice | NDArray[np.intp] | NDArray[np.bool_]) -> Self:
        return type(self)(*(getattr(self, f.name)[rows] for f in fields(self)))

    @classmethod
    def concatenate(cls, parts: Sequence[Self]) -> Self:
        """Return the rows of all parts, of which there is at least one, in their order."""
        return cls(*(np.concatenate([getattr(part, f.name) for part in parts]) for f in fields(cls)))


@dataclass(frozen=True, slots=True)
class Counts:
    """A post's counts at a moment."""

    observed_at: int
    likes: float
    comments: float
    shares: float
    views: float
    coarseness: float = 0.0
    """Half-width of the coarsest rounding among them, in log units: 0.042 for 1.2K; 0 where all are exact."""


@dataclass(frozen=True, slots=True)
class PublishedPost:
    """A post with its observations, in any order; NaN or None where `duration_s` or `cover` is unknown."""

    post_id: str
    posted_at: int
    caption: CaptionMeasures
    duration_s: float
    sound: str
    cover: CoverMeasures | None
    observations: tuple[Counts, ...]
    drawn: str = ""
    """The feature that an experiment drew at random for it, and that it followed, e.g. `post_time`; mostly empty."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A post to be published at `publish_at`."""

    publish_at: int
    caption: CaptionMeasures
    duration_s: float
    sound: str
    cover: CoverMeasures | None


@dataclass(frozen=True, slots=True)
class AccountHistory:
    """An account's posts, in any order, and its followers, NaN where unknown."""

    account_id: str
    followers: float
    """The latest count; used for all moments where `follower_counts` is empty."""
    posts: tuple[PublishedPost, ...]
    follower_counts: tuple[tuple[int, float], ...] = ()
    """(moment, followers) of each observation, oldest first."""
    zone: str = ""
    """IANA name of the time zone that its owner chose; empty: inferred from the posting hours."""

    def followers_at(self, moment: int, until: int) -> float:
        """Return the last count observed by `moment`, otherwise the first one observed by `until`, otherwise NaN.

        A later count stands in for rows of the past, which are seen from `until`. Pass the same moment twice to get
        only what was known then.
        """
        if not self.follower_counts:
            return self.followers
        position = bisect_right(self.follower_counts, moment, key=itemgetter(0))
        observed_at, followers = self.follower_counts[max(position - 1, 0)]
        return followers if observed_at <= until else math.nan


@dataclass(frozen=True, slots=True)
class Effect:
    """By how many per cent a feature moves the typical forecast away from the account's usual level."""

    feature: str
    effect_pct: float


@dataclass(frozen=True, slots=True)
class Range:
    """A typical value in an 80 % interval: low <= typical <= high."""

    low: float
    typical: float
    high: float


@dataclass(frozen=True, slots=True)
class Forecast:
    """Counts at the horizon: finite, never negative, low <= typical <= high."""

    point: float
    typical: float
    low: float
    high: float
    bucket: Bucket
    metrics: dict[str, float]
    """Point forecast of likes, and of comments, shares and views where the account or the population has them."""
    measures: dict[str, Range]
    """Typical value and interval of the same counts."""
    engagement_rate: Range | None
    """(likes + comments + shares) / views, 0 to 1; None, with a warning, where it is unknown."""
    baseline: float | None
    """Mean of the last five labels; None without a label."""
    chance_above_usual: float | None
    """Probability (0 to 1) of more likes than the account's recent level; None without a history."""
    basis: Basis
    explanation: tuple[Effect, ...]
    warnings: tuple[str, ...]

    def numbers(self) -> list[float]:
        """Return all its numbers, in no particular order."""
        ranges = [*self.measures.values(), *([self.engagement_rate] if self.engagement_rate else [])]
        return [
            *(self.point, self.typical, self.low, self.high, *self.metrics.values()),
            *(number for each in ranges for number in (each.low, each.typical, each.high)),
            *(effect.effect_pct for effect in self.explanation),
            *(number for number in (self.baseline, self.chance_above_usual) if number is not None),
        ]
