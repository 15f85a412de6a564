"""The growth curve: how a post's counts grow with its age, learned from observations."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Self

import numpy as np

from predictions.engine.archive import Parameters
from predictions.engine.statistics import cap_account_shares, weighted_quantile
from predictions.engine.types import (
    COUNTS,
    COVERAGE,
    DAY,
    HORIZON,
    HOUR,
    MAX_COUNT,
    Z80,
    AccountHistory,
    Counts,
    Floats,
    PublishedPost,
)

MATURE_AGE = 7 * DAY
YOUNGEST = 10 * 60
"""Counts younger than this (seconds) say nothing about the horizon."""

KNOT_HOURS = (0.25, 1.0, 3.0, 6.0, 12.0, 18.0, 24.0, 36.0, 48.0, 72.0, 120.0, 168.0, 336.0, 720.0)
_KNOTS = np.log(np.array(KNOT_HOURS) * HOUR)
# The prior is a stretched exponential with half of the final count at 24 h, saturating within two weeks.
_PRIOR_STRETCH = 0.7
_PRIOR_SCALE_HOURS = 24.0 / math.log(2.0) ** (1 / _PRIOR_STRETCH)
_PRIOR_LOG_SHARE = np.log(1 - np.exp(-((np.array(KNOT_HOURS) / _PRIOR_SCALE_HOURS) ** _PRIOR_STRETCH)))
# A post that doubles does so within a factor of about 1.5; the learned rate is shrunk to that as by ten such posts.
_PRIOR_VARIANCE_RATE, _PRIOR_GROWTH = 0.06, 10 * math.log(2.0)
_UNLIKENESS = 0.5
_ROUNDING_SD = 0.1
"""Log units: counts are published rounded, and levels move."""

USUAL_SCALE = 1.25
"""Factor on a curve's standard deviation where no posts say how far they stray from it within their first day."""
SCALES = (0.05, 3.0)
_PRIOR_ACCOUNTS = 5.0
"""Accounts' worth of `USUAL_SCALE`: accounts differ by a factor of ten, so few say little of the next one."""
_FIRST_DAY = 30 * HOUR

_MATURE_POSTS, _FEWEST_MATURE = 15, 5
"""An account's level is the median of its latest mature posts."""

AccountPairs = tuple[Floats, ...]
"""For each of `COUNTS`, an account's pairs of counts (n, 6); see `growth_pairs`."""


@dataclass(frozen=True, slots=True)
class GrowthCurve(Parameters):
    """Growth of counts with age; the defaults are the curve that is assumed without data.

    log_share[j][i] is the log of the share of its final value that COUNTS[j] has at age KNOT_HOURS[i], linear in log
    age. A post's step of log likes varies around the curve's by `variance_rate` times the step (a gamma process
    on the curve's clock: van Noortwijk, "A survey of the application of gamma processes in maintenance", 2009) plus the
    square of `unlikeness` times the step (posts that grow faster or slower as a whole: Lawless and Crowder, "Covariates
    and random effects in a gamma process model", 2004). `unlikeness` is assumed: pairs of counts hardly tell the two
    apart. `first_day_scale` is the factor on the resulting standard deviation under which 80 % ranges would have held
    80 % of steps within the first day; nowcasts alone read it.
    """

    log_share: tuple[tuple[float, ...], ...] = (tuple(_PRIOR_LOG_SHARE.tolist()),) * len(COUNTS)
    variance_rate: float = _PRIOR_VARIANCE_RATE
    unlikeness: float = _UNLIKENESS
    first_day_scale: float = USUAL_SCALE

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Restore what `to_json` returned, also of a curve that was learned before it had a `first_day_scale`."""
        # by its name: a dataclass with slots is another class than the one that `super()` would find here
        return super(GrowthCurve, cls).from_json({"first_day_scale": USUAL_SCALE, **data})

    def gains(self, age: float, to_age: float = HORIZON) -> tuple[float, ...]:
        """Return the steps (4,) of the logs of `COUNTS` from `age` to `to_age` (seconds)."""
        return tuple(_step(share, age, to_age) for share in self.log_share)

    def gain(self, age: float, to_age: float = HORIZON) -> float:
        """Return the step of log likes from `age` to `to_age` (seconds)."""
        return _step(self.log_share[0], age, to_age)

    def sd(self, age: float, to_age: float = HORIZON, count: float = math.inf) -> float:
        """Return the standard deviation of the step of log likes from a `count` at `age` to `to_age` (seconds)."""
        gain = self.gain(age, to_age)
        return math.sqrt(self.variance_rate * abs(gain) + (self.unlikeness * gain) ** 2 + _thinning(count, gain))


def is_count(count: float) -> bool:
    """Return whether a number can be a count; NaN stands for unknown."""
    return 0 <= count < MAX_COUNT


def rounding_variance(counts: Counts) -> float:
    """Return the variance (log units) of a count within its rounding: uniform over twice the half-width."""
    return counts.coarseness**2 / 3


def is_usable(posted_at: int, counts: Counts) -> bool:
    """Return whether an observation can give a label: it has likes, and the post was at least minutes old."""
    return counts.observed_at - posted_at >= YOUNGEST and is_count(counts.likes)


def fit_growth(accounts: Iterable[AccountHistory], until: int) -> GrowthCurve:
    """Learn the curve from observations made by `until` (epoch seconds).

    It is learned from pairs of counts: two observations of a post; or a young post's count and the median of the
    account's latest mature posts, less sure by the spread between posts. Least squares in Huber's sense on the values
    at the knots, ridged to the prior curve (to that of the likes for the other counts) and made monotone, as no count
    falls. n pairs of an account, whose curve is its own, weigh less than pairs of n accounts.
    """
    return fit_growth_to([growth_pairs(account, until) for account in accounts])


def growth_pairs(account: AccountHistory, until: int) -> AccountPairs:
    """Return what `fit_growth` learns from one account: for each of `COUNTS` its pairs (n, 6).

    The columns: 1.0 where both counts are of the same post and 0.0 where not, then those of `Pair`.
    """
    kinds = tuple(enumerate((_against_level, _repeated)))
    return tuple(
        np.array([(i, *p) for i, kind in kinds for p in kind(account, until, name)], dtype=np.float64).reshape(-1, 6)
        for name in COUNTS
    )


def fit_growth_to(accounts: Sequence[AccountPairs]) -> GrowthCurve:
    """Return the curve that the accounts' `growth_pairs` give."""
    likes = _pairs([pairs[0] for pairs in accounts])
    curve = _fit(likes, _PRIOR_LOG_SHARE)
    # one count after the other: their designs take much memory
    others = (_fit(_pairs([pairs[i] for pairs in accounts]), curve) for i in range(1, len(COUNTS)))
    gain = likes.design @ curve
    rate = _variance_rate(likes, gain)
    log_share = tuple(tuple(values.tolist()) for values in (curve, *others))
    return GrowthCurve(log_share, rate, first_day_scale=_first_day_scale(likes, gain, rate))


def _step(log_share: Sequence[float], age: float, to_age: float) -> float:
    before, after = np.interp(np.log([max(age, 1.0), to_age]), _KNOTS, log_share)
    return float(after - before)


def _thinning(count: float, gain: float) -> float:
    """Return the variance of log1p of a count from binomial thinning by exp(-|gain|), or from its reverse."""
    return -math.expm1(-abs(gain)) / (1 + count * math.exp(min(gain, 0.0)))


@dataclass(frozen=True, slots=True)
class _Pairs:
    """n steps of a count's log from one age to a later one."""

    design: Floats  # (n, knots): times the curve at the knots, the step that it expects
    step: Floats  # (n,) log units
    group: Floats  # (n,) id of account and kind of pair
    repeated: Floats  # (n,) whether both counts are of the same post
    first_day: Floats  # (n,) whether both counts are of the first day
    noise: Floats  # (n,) variance from small counts, from rounding, and from a level in the place of a count
    variance: Floats  # (n,) of the step around the common curve


def _pairs(accounts: Sequence[Floats]) -> _Pairs:
    """Return the accounts' pairs, (n, 6) each, of one count."""
    account = np.repeat(np.arange(len(accounts)), [len(pairs) for pairs in accounts])
    repeated, age, to_age, step, count, other_variance = np.concatenate([np.empty((0, 6)), *accounts]).T
    group = 2 * account + repeated
    design = _interpolation(np.log(to_age)) - _interpolation(np.log(age))
    gain = design @ _PRIOR_LOG_SHARE
    noise = other_variance + [_thinning(n, g) for n, g in zip(count, gain, strict=True)]
    _, position, size = np.unique(group, return_inverse=True, return_counts=True)
    unlike = size[position] * (_UNLIKENESS * gain) ** 2
    variance = _PRIOR_VARIANCE_RATE * gain + noise + unlike + _ROUNDING_SD**2
    return _Pairs(design, step, group, repeated, to_age <= _FIRST_DAY, noise, variance)


def _interpolation(log_age: Floats) -> Floats:
    """Return the weights (n, knots) that interpolate linearly at each log age (seconds)."""
    return np.stack([np.interp(log_age, _KNOTS, unit) for unit in np.eye(len(_KNOTS))], axis=1)


Pair = tuple[float, float, float, float, float]
"""Ages a < b (seconds), log step, count at a, variance of rounding and of what stands for the count at b."""


def _series(post: PublishedPost, until: int, name: str) -> list[tuple[float, float, float]]:
    """Return age, count and variance of rounding of each usable observation by `until` with a count of at least one."""
    usable = (c for c in post.observations if c.observed_at <= until and is_usable(post.posted_at, c))
    counts = (
        (float(c.observed_at - post.posted_at), getattr(c, name), rounding_variance(c))
        for c in sorted(usable, key=lambda c: c.observed_at)
    )
    return [(age, count, variance) for age, count, variance in counts if 1 <= count < MAX_COUNT]


def _repeated(account: AccountHistory, until: int, name: str) -> Iterator[Pair]:
    for post in account.posts:
        for (age, before, coarse), (to_age, after, coarse_after) in pairwise(_series(post, until, name)):
            if to_age > age:
                yield age, to_age, math.log(after / before), before, coarse + coarse_after


def _against_level(account: AccountHistory, until: int, name: str) -> Iterator[Pair]:
    posts = sorted(account.posts, key=lambda p: (p.posted_at, p.post_id))
    latest = [series[-1] for post in posts if (series := _series(post, until, name))]
    ages, counts, coarse = np.array(latest, dtype=np.float64).reshape(-1, 3).T
    logs = np.log(counts)
    mature = np.flatnonzero(ages >= MATURE_AGE)[-_MATURE_POSTS:]
    if len(mature) < _FEWEST_MATURE:
        return
    level, level_age = np.median(logs[mature]), np.median(ages[mature])
    spread = np.median(np.abs(logs[mature] - level)) * 1.4826 + 0.3
    for i in np.flatnonzero(ages < MATURE_AGE):
        yield ages[i], level_age, level - logs[i], counts[i], spread**2 + coarse[i]


def _fit(pairs: _Pairs, prior: Floats) -> Floats:
    """Return the curve (knots,) that the pairs give, ridged to a prior curve."""
    from sklearn.isotonic import IsotonicRegression

    residual = pairs.step - pairs.design @ prior
    # the ridge is on differences between neighbouring knots, each as large as the prior's step; the last stays at zero
    steps = np.diff(np.eye(len(_KNOTS)), axis=0) / np.diff(_PRIOR_LOG_SHARE)[:, None]
    ridge = steps.T @ steps
    ridge[-1, -1] += 1e6
    shift = np.zeros(len(_KNOTS))
    for _ in range(10):
        misfit = np.abs(residual - pairs.design @ shift) / np.sqrt(pairs.variance)
        weighted = pairs.design / (pairs.variance * np.maximum(misfit / 1.345, 1))[:, None]
        shift = np.linalg.solve(pairs.design.T @ weighted + ridge, weighted.T @ residual)
    curve: Floats = IsotonicRegression().fit_transform(_KNOTS, prior + shift)
    return curve


def _variance_rate(pairs: _Pairs, gain: Floats) -> float:
    """Return the rate under which 80 % ranges hold 80 % of the posts observed twice, shrunk to the prior's.

    `gain` (n,) are the steps that the curve expects; posts weigh by it, and no account more than `MAX_SHARE`.
    """
    grown = (pairs.repeated > 0) & (gain > 0)
    gain = gain[grown]
    if not len(gain):
        return _PRIOR_VARIANCE_RATE
    reach = ((pairs.step[grown] - gain) / Z80) ** 2
    rate = (reach - pairs.noise[grown] - (_UNLIKENESS * gain) ** 2) / gain
    weight = cap_account_shares(pairs.group[grown].astype(np.int64), gain)
    total = float(weight.sum())
    learned = max(weighted_quantile(rate, weight, COVERAGE), 0.0)
    return (total * learned + _PRIOR_GROWTH * _PRIOR_VARIANCE_RATE) / (total + _PRIOR_GROWTH)


def _first_day_scale(pairs: _Pairs, gain: Floats, rate: float) -> float:
    """Return the `first_day_scale` of posts observed twice in their first day, shrunk to the usual one.

    `gain` (n,) are the steps that the curve expects; posts weigh by it, and no account more than `MAX_SHARE`.
    """
    grown = (pairs.repeated > 0) & (pairs.first_day > 0) & (gain > 0)
    if not grown.any():
        return USUAL_SCALE
    gain, account = gain[grown], pairs.group[grown].astype(np.int64)
    sd = np.sqrt(rate * gain + (_UNLIKENESS * gain) ** 2 + pairs.noise[grown])
    miss = np.abs(pairs.step[grown] - gain) / sd
    shown = weighted_quantile(miss, cap_account_shares(account, gain), COVERAGE) / Z80
    accounts = len(np.unique(account))
    shown = min(max(shown, SCALES[0]), SCALES[1])
    return float(USUAL_SCALE * (shown / USUAL_SCALE) ** (accounts / (accounts + _PRIOR_ACCOUNTS)))
