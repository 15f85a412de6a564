"""Labels: a post's counts at the horizon, read from an observation with the help of the growth curve."""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from predictions.engine.data.growth import YOUNGEST, GrowthCurve, is_count, is_usable, rounding_variance
from predictions.engine.types import COUNTS, HORIZON, HOUR, Counts, Floats, PublishedPost

Target = Literal["horizon", "mature"]
"""The counts at the horizon, or (in the evaluation protocol) the latest counts of a mature post."""

MEASURED = (18 * HOUR, 30 * HOUR)
"""Ages between which an observation gives a measured label; it is still moved to 24 h along the curve."""
EARLY = HOUR
"""Age at which an early label is due."""
MEASURED_EARLY = (EARLY, 2 * HOUR)
"""Ages between which an observation gives an early label."""

EARLY_CURVE = GrowthCurve(variance_rate=0.2, unlikeness=0.0)
"""Moves early labels. It never changes: early labels are compared with those of weeks and releases ago."""


@dataclass(frozen=True, slots=True)
class Label:
    """Log1p of `COUNTS` (NaN unknown), and the standard deviation of the likes' log."""

    logs: tuple[float, float, float, float]
    sd: float
    measured: bool
    rounded: bool = False
    ratio_sd: float = math.nan
    """Of likes that were withheld and are worked out from another count: the standard deviation of the account's usual
    ratio of the two (log units), an error that all such labels of the account share. NaN for counted likes."""


FillIn = Callable[[NDArray[np.int64], Floats, Floats], tuple[float, float, float]]
"""Returns the log1p likes of an account's next post from its other counts, their standard deviation, and `ratio_sd`.

It takes posted_at (n,) and logs (n, 4; log1p of `COUNTS`, NaN unknown) of the account's earlier posts, and the post's
own logs (4,), of which one at least is known.
"""


def label_of(posted_at: int, counts: Counts, curve: GrowthCurve, target: Target) -> Label:
    """Return the label that one usable observation gives."""
    logs = [log_count(getattr(counts, name)) for name in COUNTS]
    rounding, rounded = rounding_variance(counts), counts.coarseness > 0
    if target == "mature":
        return Label((*logs,), math.sqrt(rounding), measured=True, rounded=rounded)  # type: ignore[arg-type]
    age = counts.observed_at - posted_at
    # growth multiplies counts, so log1p is undone before the step; a zero stays a zero
    steps = zip(logs, curve.gains(age), strict=True)
    moved = (math.log1p(math.expm1(log) * math.exp(gain)) if log > 0 else log for log, gain in steps)
    sd = math.hypot(curve.sd(age, count=counts.likes), math.sqrt(rounding))
    return Label((*moved,), sd, MEASURED[0] <= age <= MEASURED[1], rounded)  # type: ignore[arg-type]


def can_fill_in(posted_at: int, counts: Counts) -> bool:
    """Return whether an observation withholds the likes and has another count that they can be worked out from."""
    is_old_enough = counts.observed_at - posted_at >= YOUNGEST
    others = (getattr(counts, name) for name in COUNTS[1:])
    return is_old_enough and not is_count(counts.likes) and any(map(is_count, others))


def filled_label(
    posted_at: int,
    counts: Counts,
    curve: GrowthCurve,
    target: Target,
    fill: Callable[[Floats], tuple[float, float, float]],
) -> Label:
    """Return the label that an observation without likes gives: never a measured one.

    `fill` is a `FillIn` that knows the earlier posts: it takes the post's own logs (4,) at the horizon.
    """
    others = label_of(posted_at, replace(counts, likes=math.nan), curve, target)
    likes, fill_sd, ratio_sd = fill(np.array(others.logs))
    # as unsure as a count of so many likes at that age would be, and as the ratio is
    step_sd = 0.0 if target == "mature" else curve.sd(counts.observed_at - posted_at, count=math.expm1(likes))
    sd = math.sqrt(step_sd**2 + fill_sd**2 + rounding_variance(counts))
    return Label((likes, *others.logs[1:]), sd, measured=False, rounded=others.rounded, ratio_sd=ratio_sd)


def best_observation(post: PublishedPost, known_by: int, target: Target) -> Counts | None:
    """Return the usable observation made by `known_by` that the label is read from; None without one.

    It is the one nearest to the horizon (of two as near, the later), or the latest one for mature counts.
    """
    usable = [c for c in post.observations if is_usable(post.posted_at, c) and c.observed_at <= known_by]
    if target == "mature":
        return max(usable, key=lambda c: c.observed_at, default=None)
    return min(usable, key=lambda c: (distance_to_horizon(post.posted_at, c), -c.observed_at), default=None)


def first_day(post: PublishedPost, curve: GrowthCurve, now: int) -> Label | None:
    """Return the post's label at the horizon, once no better one can come; None until then, and without a count.

    No better one comes after an observation past the horizon, or after the end of `MEASURED`.
    """
    observed = any(counts.observed_at >= post.posted_at + HORIZON for counts in post.observations)
    if now < post.posted_at + (HORIZON if observed else MEASURED[1]):
        return None
    counts = best_observation(post, now, "horizon")
    return label_of(post.posted_at, counts, curve, "horizon") if counts else None


def early_label(post: PublishedPost, known_by: int) -> Label | None:
    """Return the label that the first usable count of ages `MEASURED_EARLY` gives; None where none was by `known_by`.

    It is off by a constant, as `EARLY_CURVE` is not learned: compare early labels with each other only.
    """
    youngest, oldest = (post.posted_at + age for age in MEASURED_EARLY)
    early = [
        c
        for c in post.observations
        if youngest <= c.observed_at <= min(oldest, known_by) and is_usable(post.posted_at, c)
    ]
    counts = min(early, key=lambda c: c.observed_at, default=None)
    return label_of(post.posted_at, counts, EARLY_CURVE, "horizon") if counts else None


def engagement_rate(label: Label) -> float | None:
    """Return (likes + comments + shares) / views of a label; None where one of them is unknown, or without views."""
    likes, comments, shares, views = (math.expm1(log) for log in label.logs)
    is_known = not math.isnan(likes + comments + shares + views)
    return (likes + comments + shares) / views if is_known and views else None


def distance_to_horizon(posted_at: int, counts: Counts) -> float:
    """Return how far from the horizon an observation was made: |log(age / horizon)|."""
    return abs(math.log((counts.observed_at - posted_at) / HORIZON))


def log_count(count: float) -> float:
    """Return log1p of a count; NaN for a number that is none."""
    return math.log1p(count) if is_count(count) else math.nan
