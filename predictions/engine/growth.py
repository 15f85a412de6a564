"""How a post's counts grow with its age: the growth curve, and labels read from observations with its help."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.isotonic import IsotonicRegression

from predictions.engine.types import DAY, HORIZON, HOUR, AccountHistory, Counts, PublishedPost

Floats = NDArray[np.float64]
Target = Literal["horizon", "mature"]
"""What a label is: the count at the horizon, or (in the evaluation protocol) the latest count of a mature post."""

MATURE_AGE = 7 * DAY
MEASURED = (18 * HOUR, 30 * HOUR)
"""An observation between these ages is a measured label; it is still moved to 24 h along the curve."""

KNOT_HOURS = (0.25, 1.0, 3.0, 6.0, 12.0, 18.0, 24.0, 36.0, 48.0, 72.0, 120.0, 168.0, 336.0, 720.0)
_KNOTS = np.log(np.array(KNOT_HOURS) * HOUR)
# A stretched exponential with half of the final count at 24 h that saturates within two weeks: the usual shape of
# attention to a piece of content, and all that a model without data says of it.
_PRIOR_STRETCH = 0.7
_PRIOR_SCALE_HOURS = 24.0 / math.log(2.0) ** (1 / _PRIOR_STRETCH)
# Log-count variance per unit of log age between an observation and the horizon: a factor of about 1.5 from 6 h or 96 h.
_PRIOR_VARIANCE_RATE = 0.12
# The prior weighs as much as this many pairs of observations at every knot.
_PRIOR_PAIRS = 10.0
_YOUNGEST = 10 * 60
"""Counts younger than this (seconds) say nothing about the horizon."""


@dataclass(frozen=True, slots=True)
class GrowthCurve:
    """log_share[i]: log of the share of its final count that a post has at age KNOT_HOURS[i]; linear in log age."""

    log_share: tuple[float, ...]
    variance_rate: float

    @classmethod
    def prior(cls) -> Self:
        hours = np.array(KNOT_HOURS)
        share = 1 - np.exp(-((hours / _PRIOR_SCALE_HOURS) ** _PRIOR_STRETCH))
        return cls(tuple(float(x) for x in np.log(share)), _PRIOR_VARIANCE_RATE)

    def gain(self, age: float, to_age: float = HORIZON) -> float:
        """What to add to a log count at `age` (seconds) to move it to `to_age`."""
        at, to = np.interp(np.log([max(age, 1.0), to_age]), _KNOTS, self.log_share)
        return float(to - at)

    def sd(self, age: float, to_age: float = HORIZON) -> float:
        """Standard deviation of that step, in log units."""
        return math.sqrt(self.variance_rate * abs(math.log(max(age, 1.0) / to_age)))

    def to_json(self) -> dict[str, Any]:
        return {"log_share": list(self.log_share), "variance_rate": self.variance_rate}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        if len(data["log_share"]) != len(KNOT_HOURS):
            raise ValueError("the growth curve has another number of knots")
        return cls(tuple(float(x) for x in data["log_share"]), float(data["variance_rate"]))


@dataclass(frozen=True, slots=True)
class Label:
    """Log1p counts (likes, comments, shares, views; NaN unknown), and how sure they are."""

    logs: tuple[float, float, float, float]
    sd: float
    measured: bool


def label_of(posted_at: int, counts: Counts, curve: GrowthCurve, target: Target) -> Label:
    """The label that one observation gives."""
    logs = tuple(log_count(x) for x in (counts.likes, counts.comments, counts.shares, counts.views))
    if target == "mature":
        return Label(logs, 0.0, measured=True)  # type: ignore[arg-type]
    age = counts.observed_at - posted_at
    gain = curve.gain(age)
    # Growth multiplies counts: a zero stays a zero, and log1p is undone before the step.
    moved = tuple(math.log1p(math.expm1(x) * math.exp(gain)) if x > 0 else x for x in logs)
    return Label(moved, curve.sd(age), MEASURED[0] <= age <= MEASURED[1])  # type: ignore[arg-type]


def best_observation(post: PublishedPost, known_by: int, target: Target) -> Counts | None:
    """Of the observations made by `known_by`, the one that tells most of the label; None where there is none.

    That is the one nearest to the horizon (of two as near, the later), or for mature counts the latest one.
    """
    usable = [c for c in post.observations if is_usable(post.posted_at, c) and c.observed_at <= known_by]
    if not usable:
        return None
    if target == "mature":
        return max(usable, key=lambda c: c.observed_at)
    return min(usable, key=lambda c: (distance_to_horizon(post.posted_at, c), -c.observed_at))


def is_usable(posted_at: int, counts: Counts) -> bool:
    """Whether an observation can give a label: it has likes, and the post was not minutes old."""
    return counts.observed_at - posted_at >= _YOUNGEST and counts.likes >= 0 and math.isfinite(counts.likes)


def is_partial(posted_at: int, counts: Counts) -> bool:
    """Whether an observation lacks likes but has another count, from which they can be filled in."""
    others = (counts.comments, counts.shares, counts.views)
    return (
        counts.observed_at - posted_at >= _YOUNGEST
        and not 0 <= counts.likes < math.inf
        and any(0 <= x < math.inf for x in others)
    )


def distance_to_horizon(posted_at: int, counts: Counts) -> float:
    return abs(math.log((counts.observed_at - posted_at) / HORIZON))


def log_count(count: float) -> float:
    """log1p of a count; NaN for one that is unknown or no count at all."""
    return math.log1p(count) if 0 <= count < math.inf else math.nan


def fit_growth(accounts: Sequence[AccountHistory], until: int) -> GrowthCurve:
    """Learn the curve from posts observed more than once, and from how young posts stand in their own account.

    Both give (age a, age b, log ratio): two observations of a post; or a post's count against the median of the
    account's nearest mature posts, weighted down by the spread between posts. Least squares in Huber's sense on the
    curve's values at the knots, ridged towards the prior curve and made monotone. Observations after `until` are
    not looked at.
    """
    prior = GrowthCurve.prior()
    pairs = np.array(
        [pair for account in accounts for pair in (*_repeated(account, until), *_against_level(account, until))]
    ).reshape(-1, 4)
    if not len(pairs):
        return prior
    ages, log_ratio, sd = pairs[:, :2], pairs[:, 2], pairs[:, 3]
    design = _interpolation(ages[:, 1]) - _interpolation(ages[:, 0])
    anchor = np.array(prior.log_share)
    residual = log_ratio - design @ anchor
    weight = 1 / sd**2
    # Neighbouring knots share what they learn: the ridge is on the differences between them.
    steps = np.diff(np.eye(len(KNOT_HOURS)), axis=0)
    ridge = _PRIOR_PAIRS / _PRIOR_VARIANCE_RATE * (steps.T @ steps)
    ridge[-1, -1] += 1e6  # nothing is left to come after the last knot
    shift = np.zeros(len(KNOT_HOURS))
    for _ in range(10):
        misfit = np.abs(residual - design @ shift) / sd
        robust = weight / np.maximum(misfit / 1.345, 1)
        shift = np.linalg.solve(design.T @ (design * robust[:, None]) + ridge, design.T @ (robust * residual))
    curve = IsotonicRegression().fit_transform(_KNOTS, anchor + shift)
    return GrowthCurve(tuple(float(x) for x in curve), _variance_rate(pairs, curve))


def _interpolation(log_age: Floats) -> Floats:
    """(n, knots) weights that interpolate linearly at each log age (seconds)."""
    return np.stack([np.interp(log_age, _KNOTS, unit) for unit in np.eye(len(KNOT_HOURS))], axis=1)


Pair = tuple[float, float, float, float]
"""Log age a, log age b, log ratio of the counts, and its standard deviation."""


def _repeated(account: AccountHistory, until: int) -> list[Pair]:
    pairs = []
    for post in account.posts:
        known = [c for c in post.observations if is_usable(post.posted_at, c) and c.observed_at <= until]
        for first, second in pairwise(known):
            if min(first.likes, second.likes) >= 1 and second.observed_at > first.observed_at:
                a, b = (math.log(c.observed_at - post.posted_at) for c in (first, second))
                counting = 1 / first.likes + 1 / second.likes
                sd = math.sqrt(_PRIOR_VARIANCE_RATE * (b - a) + counting)
                pairs.append((a, b, math.log(second.likes / first.likes), sd))
    return pairs


def _against_level(account: AccountHistory, until: int) -> list[Pair]:
    newest = [(p, c) for p in account.posts if (c := best_observation(p, until, "mature")) and c.likes >= 1]
    ages = np.array([c.observed_at - p.posted_at for p, c in newest])
    logs = np.array([math.log(c.likes) for _, c in newest])
    old = np.flatnonzero(ages >= MATURE_AGE)[-15:]
    if len(old) < 5:
        return []
    level, level_age = float(np.median(logs[old])), math.log(float(np.median(ages[old])))
    spread = float(np.median(np.abs(logs[old] - level))) * 1.4826 + 0.3
    young = np.flatnonzero(ages < MATURE_AGE)
    return [(math.log(ages[i]), level_age, level - float(logs[i]), 1.5 * spread) for i in young]


def _variance_rate(pairs: Floats, curve: Floats) -> float:
    """Spread of repeated observations around the curve, per unit of log age; shrunk towards the prior's."""
    step = pairs[:, 1] - pairs[:, 0]
    gain = np.interp(pairs[:, 1], _KNOTS, curve) - np.interp(pairs[:, 0], _KNOTS, curve)
    # The normal's median of chi-square with one degree of freedom is 0.455; level pairs carry the spread between posts.
    repeated = (step > 0.2) & (pairs[:, 3] ** 2 < 2 * _PRIOR_VARIANCE_RATE * step)
    rates = (pairs[repeated, 2] - gain[repeated]) ** 2 / step[repeated] / 0.455
    found = float(np.median(rates)) if len(rates) else _PRIOR_VARIANCE_RATE
    shrunk = (found * len(rates) + _PRIOR_VARIANCE_RATE * _PRIOR_PAIRS) / (len(rates) + _PRIOR_PAIRS)
    # Repeated observations are mostly of old posts, which grow more steadily than young ones do.
    return max(shrunk, _PRIOR_VARIANCE_RATE / 2)
