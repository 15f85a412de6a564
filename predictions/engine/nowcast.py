"""Nowcasts: a forecast made before publishing, narrowed by the counts that a young post has.

Two sources tell the log of a post's likes at the horizon: the forecast, whose standard deviation is that of its 80 %
interval, and the latest count, moved on along the growth curve. They are combined as two normal measurements of one
quantity whose errors are correlated (Bates and Granger, "The combination of forecasts", 1969): a post that does better
than forecast also tends to grow for longer.

A forecast's interval may be wider upwards than downwards. Its typical value is the median either way, so each side has
its own standard deviation: the one on the side of the count decides how far the typical value moves, and each end of
the result rests on its own side's.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass

import numpy as np

from predictions.engine.data.growth import SCALES, USUAL_SCALE, GrowthCurve, is_usable, rounding_variance
from predictions.engine.data.labels import MEASURED, distance_to_horizon, label_of
from predictions.engine.statistics import quantiles
from predictions.engine.types import COVERAGE, HORIZON, HOUR, MAX_COUNT, MAX_LOG, Z80, Counts, Range

Course = tuple[int, Sequence[Counts]]
"""A post's moment of publishing (epoch seconds) and its observations, in any order."""

CORRELATION = 0.4
"""Of the errors of a forecast and of an early count."""
_PRIOR_POSTS = 0.5
"""Posts' worth of `USUAL_SCALE`: accounts differ by a factor of ten, so few of an account's own say more."""
_LEAST_SD = 1e-3
_CLOSE = 1e-3
"""Log units that a combination may be off."""
_ALIKE = math.log(2.5)
"""Ages within this factor (log) are alike."""

FAN_AGES = (HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR, HORIZON)
"""Ages (seconds) at which the likely course of a post is told."""


@dataclass(frozen=True, slots=True)
class FanPoint:
    """The likes that are likely at an age (seconds)."""

    age: int
    likes: Range


@dataclass(frozen=True, slots=True)
class Nowcast:
    """The likes at the horizon, as a forecast and an early count together tell them."""

    age: int
    """Age of the post (seconds) when it was counted."""
    count: float
    likes: Range
    early: Range
    """By the count alone."""
    fan: tuple[FanPoint, ...]
    """From the count on; its first point is the count."""
    far_off: bool
    """Whether the interval lies outside the forecast's."""


def nowcast(
    curve: GrowthCurve, forecast: Range, posted_at: int, observations: Iterable[Counts], scale: float
) -> Nowcast | None:
    """Combine a forecast of likes at the horizon with the latest usable count made before it; None without one.

    `scale` is the account's `growth_scale`. Earlier counts are left out: given the latest one they say little.

    >>> forecast = Range(low=70.0, typical=160.0, high=400.0)
    >>> early = Counts(observed_at=6 * HOUR, likes=150.0, comments=4.0, shares=1.0, views=2_000.0)
    >>> told = nowcast(GrowthCurve(), forecast, 0, [early], scale=1.25)
    >>> [round(likes) for likes in (told.likes.low, told.likes.typical, told.likes.high)]
    [150, 262, 507]
    """
    counts = latest_early(posted_at, observations)
    if counts is None:
        return None
    age, seen = counts.observed_at - posted_at, counts.likes
    early = from_count(curve, age, counts, HORIZON, scale)
    both = combine_count(curve, from_forecast(curve, forecast, HORIZON), age, counts, HORIZON, scale)
    likes = both.likes(least=seen)
    return Nowcast(
        age=age,
        count=seen,
        likes=likes,
        early=early.likes(least=seen),
        fan=_rising([*_bridge(curve, age, seen, both, scale), FanPoint(HORIZON, likes)]),
        far_off=likes.low > forecast.high or likes.high < forecast.low,
    )


def latest_early(posted_at: int, observations: Iterable[Counts]) -> Counts | None:
    """Return the latest usable observation made before the horizon; None without one."""
    usable = (c for c in observations if is_usable(posted_at, c) and c.observed_at < posted_at + HORIZON)
    return max(usable, key=lambda counts: counts.observed_at, default=None)


def forecast_fan(curve: GrowthCurve, forecast: Range) -> tuple[FanPoint, ...]:
    """Return the likely course of a post (at `FAN_AGES`) by its forecast alone."""
    return _rising([FanPoint(age, from_forecast(curve, forecast, age).likes()) for age in FAN_AGES])


@dataclass(frozen=True, slots=True)
class LogLikes:
    """Log1p likes at an age as one source tells them: the median, and the standard deviation on each side of it."""

    typical: float
    down: float
    up: float

    def likes(self, *, least: float = 0.0) -> Range:
        """Return the 80 % range of likes; no part of it is below `least`."""
        logs = (self.typical - Z80 * self.down, self.typical, self.typical + Z80 * self.up)
        low, typical, high = (max(math.expm1(min(log, MAX_LOG)), least) for log in logs)
        return Range(low, typical, high)


def from_forecast(curve: GrowthCurve, forecast: Range, age: int) -> LogLikes:
    """Return the likes that a forecast of the horizon implies at an age (seconds) up to it."""
    low, typical, high = (math.log1p(min(max(likes, 0.0), MAX_COUNT)) for likes in astuple(forecast))
    at_age = _grown(typical, -curve.gain(age))
    step = curve.sd(age, count=math.expm1(at_age)) if age < HORIZON else 0.0
    return LogLikes(at_age, math.hypot((typical - low) / Z80, step), math.hypot((high - typical) / Z80, step))


def from_count(
    curve: GrowthCurve, age: int, counts: Counts, to_age: int, scale: float, *, at_least: float = 0.0
) -> LogLikes:
    """Return the likes that counts at an age (seconds) imply at a later one; `scale` is the `growth_scale`.

    They are as uncertain as counts of `at_least` so many likes.
    """
    certain = max(counts.likes, at_least)
    sd = math.sqrt((scale * curve.sd(age, to_age, certain)) ** 2 + rounding_variance(counts))
    return LogLikes(_grown(math.log1p(counts.likes), curve.gain(age, to_age)), sd, sd)


def growth_scale(curve: GrowthCurve, earlier: Iterable[Course], age: int, by: int) -> float:
    """Return the factor on the curve's standard deviation that an account's own posts show; without any, all posts'.

    Of the `earlier` posts those count that were counted at an age like `age` (seconds) and near the horizon by the
    moment `by`. The factor is that under which 80 % ranges would have held 80 % of them, shrunk to the usual one.
    """
    misses = [miss for posted_at, counted in earlier if (miss := _miss(curve, posted_at, counted, age, by)) is not None]
    if not misses:
        return curve.first_day_scale
    own = min(max(quantiles(np.array(misses), (COVERAGE,))[0] / Z80, SCALES[0]), SCALES[1])
    # not shrunk to that of all: few posts seem more alike than they are, and the wider usual one makes up for that
    return float(USUAL_SCALE * (own / USUAL_SCALE) ** (len(misses) / (len(misses) + _PRIOR_POSTS)))


def _miss(curve: GrowthCurve, posted_at: int, counted: Sequence[Counts], age: int, by: int) -> float | None:
    """Return how far a post's first day lay from what its count at an age like `age` implied, in standard deviations.

    None where it was not counted at such an age and near the horizon by the moment `by`.
    """
    usable = [c for c in counted if c.observed_at <= by and is_usable(posted_at, c)]
    young = [c for c in usable if c.observed_at - posted_at < MEASURED[0]]
    grown = [c for c in usable if MEASURED[0] <= c.observed_at - posted_at <= MEASURED[1]]
    if not young or not grown:
        return None
    like = min(young, key=lambda c: abs(math.log((c.observed_at - posted_at) / age)))
    like_age = like.observed_at - posted_at
    if abs(math.log(like_age / age)) > _ALIKE:
        return None
    label = label_of(posted_at, min(grown, key=lambda c: distance_to_horizon(posted_at, c)), curve, "horizon")
    implied = from_count(curve, like_age, like, HORIZON, 1.0)
    return abs(label.logs[0] - implied.typical) / max(implied.up, _LEAST_SD)


def combine(forecast: LogLikes, early: LogLikes) -> LogLikes:
    """Return both sources combined; a source that adds nothing to the other has no weight."""
    rises = early.typical > forecast.typical
    weight, _ = _combined(*((forecast.up, early.up) if rises else (forecast.down, early.down)))
    typical = forecast.typical + weight * (early.typical - forecast.typical)
    return LogLikes(typical, _combined(forecast.down, early.down)[1], _combined(forecast.up, early.up)[1])


def combine_count(
    curve: GrowthCurve, forecast: LogLikes, age: int, counts: Counts, to_age: int, scale: float
) -> LogLikes:
    """Return a forecast of a later age combined with counts at an age (both seconds); `scale` is the `growth_scale`.

    A count below what is expected is as uncertain as the count that the result itself implies: by its own size, none at
    all would say less than a few (the expected instead of the observed information, as in Fisher's scoring).
    """
    low, high = from_count(curve, age, counts, to_age, scale).typical, forecast.typical
    if high - low <= _CLOSE:
        return combine(forecast, from_count(curve, age, counts, to_age, scale))
    gain = curve.gain(age, to_age)
    # the more the result implies, the lower is what it gives: there is one that gives itself
    while high - low > _CLOSE:
        middle = (low + high) / 2
        implied = from_count(curve, age, counts, to_age, scale, at_least=math.expm1(_grown(middle, -gain)))
        both = combine(forecast, implied)
        low, high = (middle, high) if both.typical > middle else (low, middle)
    return both


def _combined(sd: float, other: float) -> tuple[float, float]:
    """Return the weight of the second of two measurements, 0 to 1, and the standard deviation of their combination."""
    if sd == 0 or other == 0:
        return float(other == 0), 0.0
    shared = CORRELATION * sd * other
    variance = sd**2 + other**2 - 2 * shared
    weight = min(max((sd**2 - shared) / variance, 0.0), 1.0)
    joint = ((1 - weight) * sd) ** 2 + (weight * other) ** 2 + 2 * weight * (1 - weight) * shared
    return weight, math.sqrt(joint)


def _bridge(curve: GrowthCurve, age: int, seen: float, end: LogLikes, scale: float) -> list[FanPoint]:
    """Return the likes from a count to the last age before the horizon, given the likes at both ends.

    The log grows on the curve's clock; in between it varies as a bridge does that is tied at both ends.
    """
    start, whole = math.log1p(seen), curve.gain(age)
    step = scale * curve.sd(age, count=seen)
    fan = [FanPoint(age, Range(seen, seen, seen))]
    for to_age in (each for each in FAN_AGES[:-1] if each > age):
        done = curve.gain(age, to_age) / whole if whole > 0 else 1.0
        loose = step**2 * done * (1 - done)
        at_age = LogLikes(
            start + done * max(end.typical - start, 0.0),
            math.sqrt((done * end.down) ** 2 + loose),
            math.sqrt((done * end.up) ** 2 + loose),
        )
        fan.append(FanPoint(to_age, at_age.likes(least=seen)))
    return fan


def _rising(fan: Sequence[FanPoint]) -> tuple[FanPoint, ...]:
    """Return the fan with no value above one of a later age: counts never fall, and the last is known best."""
    rising: list[FanPoint] = []
    for point in reversed(fan):
        later = rising[-1].likes if rising else point.likes
        low, typical, high = (min(a, b) for a, b in zip(astuple(point.likes), astuple(later), strict=True))
        rising.append(FanPoint(point.age, Range(low, typical, high)))
    return tuple(reversed(rising))


def _grown(log: float, gain: float) -> float:
    """Return log1p of a count that grew by `gain` log units; a zero stays a zero."""
    return math.log1p(math.expm1(log) * math.exp(gain))
