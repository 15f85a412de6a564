"""What goes into the engine and what comes out of it.

Times are whole epoch seconds, UTC. Counts are cumulative and of people's actions; NaN means unknown.
"""

from dataclasses import dataclass
from typing import Literal

from posts.content import CaptionMeasures, CoverMeasures

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
    post_id: str
    posted_at: int
    caption: CaptionMeasures
    duration_s: float
    sound: str
    cover: CoverMeasures | None
    observations: tuple[Counts, ...]


@dataclass(frozen=True, slots=True)
class Draft:
    publish_at: int
    caption: CaptionMeasures
    duration_s: float
    sound: str
    cover: CoverMeasures | None


@dataclass(frozen=True, slots=True)
class AccountHistory:
    account_id: str
    followers: float
    posts: tuple[PublishedPost, ...]


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
