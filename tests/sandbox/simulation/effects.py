"""The effects of a post on a creator's audience, in log units; their sum shifts the log of its final likes."""

from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from numpy.typing import NDArray

from tests.sandbox.simulation.captions import POPULAR_TAGS, TOPICS
from tests.sandbox.simulation.growth import DAY, HOUR

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
_TREND_START = 1_420_416_000  # Monday 2015-01-05: trends belong to the calendar, whatever the seed
_TREND_WEEKS = 52 * 45
_MONDAY_OFFSET = 3  # 1970-01-01 was a Thursday


@dataclass(frozen=True)
class Content:
    """Content of n posts: arrays of length n; `text` and `cover` have shape (n, 3)."""

    duration_s: Ints
    text: Floats  # body length in characters, asks (0/1), mood (-1..1)
    tags: list[tuple[str, ...]]
    cover: Floats  # brightness, saturation, contrast, each 0..1


@dataclass(frozen=True)
class Audience:
    """The taste of one creator's audience."""

    utc_offset_h: float
    hour_peak: float  # local hour that is best, 0..24
    hour_strength: float
    second_peak: float
    second_strength: float
    weekday: Floats  # (7,), Monday first
    best_duration_s: float
    duration_strength: float
    best_length: float
    length_strength: float
    question: float
    mood: float
    tag_lift: dict[str, float]
    trend_share: float
    cover: Floats  # (3,): effect of a full step of brightness, saturation, contrast from the middle


@dataclass(frozen=True)
class Shift:
    """A lasting change of audiences: of one creator, or of all where `creator` is empty."""

    since: float
    creator: str
    hours: float  # the best hour moves later by this
    level: float  # log units added to every post from then on


def draw_audience(rng: np.random.Generator, topic: str, utc_offset_h: float) -> Audience:
    """Draw the audience of a creator who writes on `topic`."""
    weekday = rng.normal(0, 0.12, 7)
    tags = (*TOPICS[topic].tags, *POPULAR_TAGS)
    return Audience(
        utc_offset_h=utc_offset_h,
        hour_peak=float(rng.normal(19, 3) % 24),
        hour_strength=float(rng.uniform(0.1, 0.45)),
        second_peak=float(rng.uniform(6, 14)),
        second_strength=float(rng.uniform(0, 0.15)),
        weekday=weekday - weekday.mean(),
        best_duration_s=float(np.exp(rng.normal(np.log(22), 0.5))),
        duration_strength=float(rng.uniform(0.05, 0.35)),
        best_length=float(rng.uniform(15, 90)),
        length_strength=float(rng.uniform(0.05, 0.3)),
        question=float(rng.normal(0.08, 0.12)),
        mood=float(rng.normal(0.08, 0.1)),
        tag_lift=dict(zip(tags, rng.normal(0.02, 0.2, len(tags)).tolist(), strict=True)),
        trend_share=float(rng.uniform(0.3, 1.2)),
        cover=rng.normal([0.2, 0.25, 0.1], 0.25),
    )


def indifferent(audience: Audience) -> Audience:
    """Return the audience with the same time zone and no preferences."""
    return replace(
        audience,
        hour_strength=0.0,
        second_strength=0.0,
        weekday=np.zeros(7),
        duration_strength=0.0,
        length_strength=0.0,
        question=0.0,
        mood=0.0,
        tag_lift={},
        trend_share=0.0,
        cover=np.zeros(3),
    )


def effects(audience: Audience, content: Content, posted_at: Ints, hour_shift: Floats) -> dict[str, Floats]:
    """Return each effect on the log final likes of n posts, by name; `hour_shift` moves the best hour, per post."""
    local_h = posted_at / HOUR + audience.utc_offset_h
    weekday = (np.floor(local_h / 24).astype(int) + _MONDAY_OFFSET) % 7
    peak, second = audience.hour_peak + hour_shift, audience.second_peak + hour_shift
    off_duration = np.log(np.maximum(content.duration_s, 1) / audience.best_duration_s)
    off_length = (content.text[:, 0] - audience.best_length) / 60
    return {
        "hour": audience.hour_strength * np.cos((local_h - peak) * np.pi / 12)
        + audience.second_strength * np.cos((local_h - second) * np.pi / 6),
        "weekday": audience.weekday[weekday],
        "duration": -audience.duration_strength * np.minimum(off_duration**2, 4.0),
        "caption_length": -audience.length_strength * np.minimum(off_length**2, 2.0),
        "question": audience.question * content.text[:, 1],
        "mood": audience.mood * content.text[:, 2],
        "hashtags": np.array([sum(audience.tag_lift.get(tag, 0.0) for tag in tags) for tags in content.tags], float),
        "trend": audience.trend_share * _trend(content.tags, posted_at),
        "cover": (content.cover - 0.5) @ audience.cover,
    }


def _trend(tags: list[tuple[str, ...]], posted_at: Ints) -> Floats:
    """Return the trend of each post's hashtags at its publishing, in log units."""
    rows, trends = _trends()
    weeks = np.clip((posted_at - _TREND_START) // (7 * DAY), 0, _TREND_WEEKS - 1)
    return np.array(
        [sum(trends[rows[tag], week] for tag in post if tag in rows) for post, week in zip(tags, weeks, strict=True)],
        float,
    )


@cache
def _trends() -> tuple[dict[str, int], Floats]:
    """Return a row per hashtag and a column per week: a mean-reverting walk (memory about ten weeks, sd 0.15)."""
    tags = sorted({tag for topic in TOPICS.values() for tag in topic.tags} | set(POPULAR_TAGS))
    memory, spread = 0.9, 0.15
    steps = np.random.default_rng(2015).normal(0, spread * np.sqrt(1 - memory**2), (len(tags), _TREND_WEEKS))
    for week in range(1, _TREND_WEEKS):
        steps[:, week] += memory * steps[:, week - 1]
    return {tag: row for row, tag in enumerate(tags)}, steps
