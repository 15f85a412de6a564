"""How a post's counts grow with its age: the growth curve, and labels read from observations with its help."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from itertools import pairwise
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from sklearn.isotonic import IsotonicRegression

from predictions.engine.statistics import cap_account_shares
from predictions.engine.types import DAY, HORIZON, HOUR, MAX_COUNT, AccountHistory, Counts, Floats, PublishedPost

Target = Literal["horizon", "mature"]
"""What a label is: the count at the horizon, or (in the evaluation protocol) the latest count of a mature post."""

MATURE_AGE = 7 * DAY
MEASURED = (18 * HOUR, 30 * HOUR)
"""An observation between these ages is a measured label; it is still moved to 24 h along the curve."""
MEASURED_EARLY = (1 * HOUR, 2 * HOUR)
"""An observation between these ages tells how a post stands in its first hour."""

KNOT_HOURS = (0.25, 1.0, 3.0, 6.0, 12.0, 18.0, 24.0, 36.0, 48.0, 72.0, 120.0, 168.0, 336.0, 720.0)
_KNOTS = np.log(np.array(KNOT_HOURS) * HOUR)
_PER_LIKE = ("comments", "shares", "views")
# A stretched exponential with half of the final count at 24 h that saturates within two weeks: the usual shape of
# attention to a piece of content, and all that a model without data says of it.
_PRIOR_STRETCH = 0.7
_PRIOR_SCALE_HOURS = 24.0 / math.log(2.0) ** (1 / _PRIOR_STRETCH)
# Each step of the curve differs from the prior's by about its own size, and from account to account by half of it.
_PRIOR_DOUBT = 1.0
_UNLIKENESS = 0.5
# Log-count variance per unit of log growth: with that, a post that doubles does so within a factor of about 1.5.
_PRIOR_VARIANCE_RATE = 0.06
# What that rate is believed as strongly as: ten posts seen to double.
_PRIOR_GROWTH = 10 * math.log(2.0)
# A normal's mean square, with what lies beyond two standard deviations counted as two.
_CLIP, _CLIPPED_NORMAL = 2.0, 0.9205
# Counts are shown rounded, and levels move: no pair of counts tells a step more exactly than this (log units).
_FINEST = 0.1
_YOUNGEST = 10 * 60
"""Counts younger than this (seconds) say nothing about the horizon."""


@dataclass(frozen=True, slots=True)
class GrowthCurve:
    """log_share[i]: log of the share of its final likes that a post has at age KNOT_HOURS[i]; linear in log age.

    Comments, shares and views grow in ways of their own: log_ratio[j][i] is what has to be added for the j-th of them,
    the log of that count per like at KNOT_HOURS[i] over what it ends as.

    A single post grows around it as a gamma process whose clock is the curve itself (van Noortwijk, "A survey of the
    application of gamma processes in maintenance", 2009), faster or slower as a whole than others do (Lawless and
    Crowder, "Covariates and random effects in a gamma process model", 2004): a step of the log count has a
    variance of `variance_rate` times its mean, and of the square of `unlikeness` times its mean. The latter is assumed
    and not learned: pairs of counts that tell the two apart are rare. A young post has its luck before it.
    """

    log_share: tuple[float, ...]
    variance_rate: float
    unlikeness: float
    log_ratio: tuple[tuple[float, ...], ...] = ((0.0,) * len(KNOT_HOURS),) * len(_PER_LIKE)

    @classmethod
    def prior(cls) -> Self:
        """What is assumed of posts of which nothing was seen."""
        hours = np.array(KNOT_HOURS)
        share = 1 - np.exp(-((hours / _PRIOR_SCALE_HOURS) ** _PRIOR_STRETCH))
        return cls(tuple(float(x) for x in np.log(share)), _PRIOR_VARIANCE_RATE, _UNLIKENESS)

    def gain(self, age: float, to_age: float = HORIZON) -> float:
        """What to add to log likes at `age` (seconds) to move them to `to_age`."""
        return _step(self.log_share, age, to_age)

    def gains(self, age: float, to_age: float = HORIZON) -> tuple[float, ...]:
        """(4,) what to add to log likes, comments, shares and views at `age` (seconds) to move them to `to_age`."""
        likes = self.gain(age, to_age)
        return likes, *(likes + _step(ratio, age, to_age) for ratio in self.log_ratio)

    def sd(self, age: float, to_age: float = HORIZON, count: float = math.inf) -> float:
        """Standard deviation of the likes' step, in log units, from a `count` at `age`.

        To the spread of growth comes that of counting: of a post's final likers, each has come by an age or not, which
        leaves few likes less sure than many.
        """
        gain = self.gain(age, to_age)
        return math.sqrt(self.variance_rate * abs(gain) + (self.unlikeness * gain) ** 2 + _counting(count, gain))

    def to_json(self) -> dict[str, Any]:
        """For the artefact."""
        ratios = [list(ratio) for ratio in self.log_ratio]
        spread = {"variance_rate": self.variance_rate, "unlikeness": self.unlikeness}
        return {"log_share": list(self.log_share), **spread, "log_ratio": ratios}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """What `to_json` gave, of older code too. Raises ValueError for other numbers of knots or measures."""
        # older models took all posts for alike and moved all counts as the likes, and learned from what came of that
        told = [data["log_share"], *data.get("log_ratio", cls.prior().log_ratio)]
        if [len(x) for x in told] != [len(KNOT_HOURS)] * (1 + len(_PER_LIKE)):
            raise ValueError("the growth curve has another number of knots or measures")
        share, *ratios = (tuple(float(x) for x in of_measure) for of_measure in told)
        return cls(share, float(data["variance_rate"]), float(data.get("unlikeness", 0.0)), tuple(ratios))


def _step(values: Sequence[float], age: float, to_age: float) -> float:
    at, to = np.interp(np.log([max(age, 1.0), to_age]), _KNOTS, values)
    return float(to - at)


EARLY_CURVE = GrowthCurve(GrowthCurve.prior().log_share, variance_rate=0.2, unlikeness=0.0)
"""What early labels are moved along, for good: they are compared with those of weeks and releases ago."""


@dataclass(frozen=True, slots=True)
class Label:
    """Log1p counts (likes, comments, shares, views; NaN unknown), and the standard deviation of that of the likes."""

    logs: tuple[float, float, float, float]
    sd: float
    measured: bool


def label_of(posted_at: int, counts: Counts, curve: GrowthCurve, target: Target) -> Label:
    """The label that one observation gives."""
    logs = tuple(log_count(x) for x in (counts.likes, counts.comments, counts.shares, counts.views))
    if target == "mature":
        return Label(logs, 0.0, measured=True)  # type: ignore[arg-type]
    age = counts.observed_at - posted_at
    # Growth multiplies counts: a zero stays a zero, and log1p is undone before the step.
    moved = tuple(
        math.log1p(math.expm1(x) * math.exp(gain)) if x > 0 else x
        for x, gain in zip(logs, curve.gains(age), strict=True)
    )
    # likes that nobody counted are filled in from other counts, with a doubt of their own
    sd = curve.sd(age, count=counts.likes if is_count(counts.likes) else math.inf)
    return Label(moved, sd, MEASURED[0] <= age <= MEASURED[1])  # type: ignore[arg-type]


def _counting(count: float, gain: float) -> float:
    """Variance of log1p of a count from thinning (binomial) or its reverse, by a share of exp(-|gain|)."""
    fewer = count * math.exp(min(gain, 0.0))
    return -math.expm1(-abs(gain)) / (1 + fewer)


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


def first_day(post: PublishedPost, curve: GrowthCurve, now: int) -> Label | None:
    """The post's label at the horizon, once nothing better can come: a count after the horizon, or none in time for it.

    None until then, and where nothing was counted.
    """
    observed = any(counts.observed_at >= post.posted_at + HORIZON for counts in post.observations)
    if now < post.posted_at + (HORIZON if observed else MEASURED[1]):
        return None
    counts = best_observation(post, now, "horizon")
    return label_of(post.posted_at, counts, curve, "horizon") if counts else None


def early_label(post: PublishedPost, known_by: int) -> Label | None:
    """The label that the post's first hour gives, by the first count made in it; None where none was by `known_by`.

    It is moved along a curve that neither a model nor a release changes: so it is off by a constant, which a comparison
    of posts among each other does not see, and a new curve does not look like a change of the posts.
    """
    youngest, oldest = (post.posted_at + age for age in MEASURED_EARLY)
    told = [
        c
        for c in post.observations
        if youngest <= c.observed_at <= min(oldest, known_by) and is_usable(post.posted_at, c)
    ]
    if not told:
        return None
    return label_of(post.posted_at, min(told, key=lambda c: c.observed_at), EARLY_CURVE, "horizon")


def engagement_rate(label: Label) -> float | None:
    """(likes + comments + shares) / views of a label; None where one of them is unknown, or without views."""
    likes, comments, shares, views = (math.expm1(log) for log in label.logs)
    known = not math.isnan(likes + comments + shares + views)
    return (likes + comments + shares) / views if known and views else None


def is_usable(posted_at: int, counts: Counts) -> bool:
    """Whether an observation can give a label: it has likes, and the post was not minutes old."""
    return counts.observed_at - posted_at >= _YOUNGEST and is_count(counts.likes)


def is_partial(posted_at: int, counts: Counts) -> bool:
    """Whether an observation lacks likes but has another count, from which they can be filled in."""
    old_enough = counts.observed_at - posted_at >= _YOUNGEST
    others = (counts.comments, counts.shares, counts.views)
    return old_enough and not is_count(counts.likes) and any(is_count(x) for x in others)


def distance_to_horizon(posted_at: int, counts: Counts) -> float:
    """How far from the horizon a count was made: |log(age / horizon)|."""
    return abs(math.log((counts.observed_at - posted_at) / HORIZON))


def log_count(count: float) -> float:
    """log1p of a count; NaN for one that is unknown or no count at all."""
    return math.log1p(count) if is_count(count) else math.nan


def is_count(count: float) -> bool:
    """Whether it can be a count of what people do; NaN stands for unknown."""
    return 0 <= count < MAX_COUNT


def fit_growth(accounts: Sequence[AccountHistory], until: int) -> GrowthCurve:
    """Learn the curve from posts observed more than once, and from how young posts stand in their own account.

    Both give pairs of counts: two observations of a post; or a post's count and the median of the account's latest
    mature posts, less sure by the spread between posts. Least squares in Huber's sense on the curve's values at the
    knots, ridged towards the prior curve and made monotone. Comments, shares and views per like are learned from the
    same posts in the same way, ridged towards no change. Observations after `until` are not looked at.
    """
    prior = GrowthCurve.prior()
    repeated, against_level = _pairs(accounts, until, _likes)
    pairs = repeated.and_(against_level)
    if not len(pairs.step):
        return prior
    anchor = np.array(prior.log_share)
    curve = _monotone(anchor + _shift(pairs, pairs.step - pairs.design @ anchor))
    ratios = [_log_ratio(accounts, until, name, curve) for name in _PER_LIKE]
    rate = _variance_rate(repeated, repeated.design @ curve)
    return GrowthCurve(_floats(curve), rate, _UNLIKENESS, tuple(_floats(ratio) for ratio in ratios))


def _log_ratio(accounts: Sequence[AccountHistory], until: int, name: str, curve: Floats) -> Floats:
    """(knots,) of `GrowthCurve.log_ratio`, beside the likes' `curve`: the count itself does not fall either."""
    repeated, against_level = _pairs(accounts, until, _per_like(name))
    pairs = repeated.and_(against_level)
    return _monotone(curve + _shift(pairs, pairs.step)) - curve


def _shift(pairs: "_Pairs", residual: Floats) -> Floats:
    """(knots,) what the pairs tell of the curve beyond the one that they leave the `residual` (n,) of."""
    # Neighbouring knots share what they learn: the ridge is on the differences between them.
    steps = np.diff(np.eye(len(KNOT_HOURS)), axis=0)
    ridge = steps.T @ (steps / (_PRIOR_DOUBT * np.diff(np.array(GrowthCurve.prior().log_share)))[:, None] ** 2)
    ridge[-1, -1] += 1e6  # nothing is left to come after the last knot
    shift = np.zeros(len(KNOT_HOURS))
    for _ in range(10):
        misfit = np.abs(residual - pairs.design @ shift) / np.sqrt(pairs.variance)
        weight = 1 / (pairs.variance * np.maximum(misfit / 1.345, 1))
        weighted = pairs.design * weight[:, None]
        shift[:] = np.linalg.solve(pairs.design.T @ weighted + ridge, weighted.T @ residual)
    return shift


def _monotone(curve: Floats) -> Floats:
    rising: Floats = IsotonicRegression().fit_transform(_KNOTS, curve)
    return rising


def _floats(values: Floats) -> tuple[float, ...]:
    return tuple(float(x) for x in values)


Quantity = Callable[[Counts], tuple[float, float]]
"""What grows, in an observation with likes, and the count that it is as sure as; below one, nothing is told."""


def _likes(counts: Counts) -> tuple[float, float]:
    return counts.likes, counts.likes


def _per_like(name: str) -> Quantity:
    def ratio(counts: Counts) -> tuple[float, float]:
        count, likes = getattr(counts, name), counts.likes
        if not (is_count(count) and likes > 0):
            return math.nan, 0.0
        # as sure as the count whose relative variance is that of both together: 1 / count + 1 / likes
        return count / likes, count * likes / (count + likes)

    return ratio


Pair = tuple[float, float, float, float, float]
"""Ages a and b (seconds), log step between them, the count at a, and what else makes the step unsure (variance)."""


@dataclass(frozen=True, slots=True)
class _Pairs:
    """n steps of a quantity from one age to a later one."""

    design: Floats  # (n, knots): the step that a curve expects is this times its values at the knots
    step: Floats  # (n,) log units
    account: NDArray[np.int64]  # (n,) whose
    counting: Floats  # (n,) variance of the step from small counts and from a level in the place of a count
    variance: Floats  # (n,) of the step around the common curve, with what the account's other pairs tell as well

    @classmethod
    def of(cls, of_accounts: list[list[Pair]], prior: GrowthCurve) -> Self:
        pairs = np.array([pair for of_account in of_accounts for pair in of_account]).reshape(-1, 5)
        design = _interpolation(np.log(pairs[:, 1])) - _interpolation(np.log(pairs[:, 0]))
        gain = design @ np.array(prior.log_share)
        counting = np.array([_counting(n, g) for n, g in zip(pairs[:, 3], gain, strict=True)]) + pairs[:, 4]
        # An account's curve is its own: n pairs of it tell less of the common one than pairs of n accounts.
        sizes = np.array([len(of_account) for of_account in of_accounts], dtype=np.int64)
        account = np.repeat(np.arange(len(sizes)), sizes)
        unlike = sizes[account] * (_UNLIKENESS * gain) ** 2
        variance = prior.variance_rate * gain + counting + unlike + _FINEST**2
        return cls(design, pairs[:, 2], account, counting, variance)

    def and_(self, other: Self) -> Self:
        return type(self)(*(np.concatenate([getattr(p, f.name) for p in (self, other)]) for f in fields(self)))


def _interpolation(log_age: Floats) -> Floats:
    """(n, knots) weights that interpolate linearly at each log age (seconds)."""
    return np.stack([np.interp(log_age, _KNOTS, unit) for unit in np.eye(len(KNOT_HOURS))], axis=1)


def _pairs(accounts: Sequence[AccountHistory], until: int, quantity: Quantity) -> tuple[_Pairs, _Pairs]:
    """Steps of posts observed more than once, and those of young posts to their account's level."""
    prior = GrowthCurve.prior()
    repeated = _Pairs.of([_repeated(account, until, quantity) for account in accounts], prior)
    return repeated, _Pairs.of([_against_level(account, until, quantity) for account in accounts], prior)


def _repeated(account: AccountHistory, until: int, quantity: Quantity) -> list[Pair]:
    pairs = []
    for post in account.posts:
        known = [c for c in post.observations if is_usable(post.posted_at, c) and c.observed_at <= until]
        for first, second in pairwise(sorted(known, key=lambda c: c.observed_at)):
            (before, sure), (after, also_sure) = quantity(first), quantity(second)
            if min(sure, also_sure) >= 1 and second.observed_at > first.observed_at:
                a, b = (float(c.observed_at - post.posted_at) for c in (first, second))
                pairs.append((a, b, math.log(after / before), sure, 0.0))
    return pairs


def _against_level(account: AccountHistory, until: int, quantity: Quantity) -> list[Pair]:
    latest = [(p, c) for p in account.posts if (c := best_observation(p, until, "mature"))]
    latest.sort(key=lambda known: (known[0].posted_at, known[0].post_id))
    told = [(c.observed_at - p.posted_at, *quantity(c)) for p, c in latest]
    known = [(age, math.log(value), count) for age, value, count in told if count >= 1]
    ages, logs, counts = np.array(known, dtype=np.float64).reshape(-1, 3).T
    old = np.flatnonzero(ages >= MATURE_AGE)[-15:]
    if len(old) < 5:
        return []
    level, level_age = float(np.median(logs[old])), float(np.median(ages[old]))
    spread = float(np.median(np.abs(logs[old] - level))) * 1.4826 + 0.3
    young = np.flatnonzero(ages < MATURE_AGE)
    return [(ages[i], level_age, level - float(logs[i]), counts[i], spread**2) for i in young]


def _variance_rate(repeated: _Pairs, gain: Floats) -> float:
    """`GrowthCurve.variance_rate` from posts observed twice, of which the curve expects `gain` (n,); the prior's where
    few have grown.

    The rate at which the squared misses are as large as expected, on average over the growth: Huber's "proposal 2",
    where misses beyond two standard deviations count as such. A normal's spread is found unbiased, that of skewed steps
    up to a fifth too small.
    """
    grown = gain > 0
    gain, account = gain[grown], repeated.account[grown]
    square, weight = (repeated.step[grown] - gain) ** 2, cap_account_shares(account, gain)
    known = repeated.counting[grown] + (_UNLIKENESS * gain) ** 2

    def more_than_expected(rate: float) -> float:
        ratio = np.minimum(square / (known + rate * gain), _CLIP**2) / _CLIPPED_NORMAL
        return float(weight @ (ratio - 1)) + _PRIOR_GROWTH * (_PRIOR_VARIANCE_RATE / rate - 1)

    # it falls with the rate, and crosses zero between where no miss and where all misses are taken for growth's
    prior, total = _PRIOR_GROWTH * _PRIOR_VARIANCE_RATE, weight.sum() + _PRIOR_GROWTH
    least, most = prior / total, (prior + square.sum() / _CLIPPED_NORMAL) / total
    return float(brentq(more_than_expected, 0.9 * least, 1.1 * most))
