"""Several measures of a post at once: likes, comments, shares and views from one Gaussian family.

A post of an account is a vector of log1p likes and of the logs of comments, shares and views per like. It is its
account's own mean plus a deviation; accounts' means lie around that of all accounts:

    account ~ N(mean, across),   post ~ N(account, within)

The hierarchical normal model of Gelman et al., "Bayesian Data Analysis" (3rd edition, 2013), chapters 5 and 15. An
account's mean is updated by its posts with weights that halve every `half_life` posts, so that a drift is followed
(the discount of West and Harrison, "Bayesian Forecasting and Dynamic Models", 1997, chapter 6). What a post's ratios
have to do with how well it does, what one measure says of another that is missing, and what the size of an account
says of its ratios, all follow from conditioning one Gaussian.
"""

import math
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from predictions.engine.types import COUNTS, COVERAGE, HORIZON, RATE, Z80, Floats, Range

CALIBRATED = (*COUNTS[1:], RATE)

_MOST = 23.0
"""Ten thousand million, as log1p: counts beyond are taken as that."""

_TO_LOGS = np.array([[1.0, 0, 0, 0], [1, 1, 0, 0], [1, 0, 1, 0], [1, 0, 0, 1]])
_PRIOR_ACCOUNTS = 10.0
_PRIOR_POSTS = 50.0
_PRIOR_SCORES = 100.0
_PRIOR_SPREAD = 3.0
"""How many accounts, posts or forecasts the prior weighs as much as; and posts, for an account's own spread."""

_WINDOW = 120
"""Posts looked at: the slowest half-life leaves an eighth of the weight beyond."""

_UNKNOWN = 1e9
"""Variance of the mean of what was never counted."""

_FEWEST = 3
"""Accounts with fewer posts say nothing of how accounts differ."""

_HALF_LIVES = (5.0, 10.0, 20.0, 40.0)
_LIKES_HALF_LIFE = 20.0
_FACTOR = (0.3, 3.0)
_LOOKED_AT = 5_000
"""Half-lives and calibration are chosen on so many posts, evenly spread: more would only take longer."""

_Factors = tuple[float, float, float, float]
_Posts = tuple[NDArray[np.int64], Floats]
"""An account's: when they were published (n,), in order, and their log1p counts (n, 4)."""


def _diagonal(*variances: float) -> tuple[tuple[float, ...], ...]:
    return tuple(tuple(x if i == j else 0.0 for j in range(len(variances))) for i, x in enumerate(variances))


@dataclass(frozen=True, slots=True)
class Expected:
    """A post of an account, before anything of it is known: log1p likes and three log ratios are jointly normal."""

    mean: Floats  # (4,)
    covariance: Floats  # (4, 4)

    def given_likes(self, likes: float) -> tuple[Floats, Floats, Floats]:
        """The log ratios of a post with that many likes (log1p): mean (3,), slope on the likes (3,), covariance (3, 3).

        Posts that do better than usual have other ratios; the slope says by how much.
        """
        slope: Floats = self.covariance[1:, 0] / self.covariance[0, 0]
        rest = self.covariance[1:, 1:] - np.multiply.outer(slope, self.covariance[0, 1:])
        return self.mean[1:] + slope * (likes - self.mean[0]), slope, rest

    def fill_in(self, logs: Floats) -> tuple[Floats, Floats]:
        """Log1p counts of posts (n, 4) with the missing ones (NaN) filled in, and the standard deviation of each.

        Known counts stay as they are and have none: it is the conditional Gaussian of the missing given the known.
        """
        mean, covariance = _TO_LOGS @ self.mean, _TO_LOGS @ self.covariance @ _TO_LOGS.T
        filled, sd = np.array(logs, dtype=np.float64), np.zeros(np.shape(logs))
        all_known = ~np.isnan(filled)
        for known in np.unique(all_known, axis=0):
            rows = (all_known == known).all(axis=1)
            cross = covariance[np.ix_(known, ~known)]
            gain = np.linalg.solve(covariance[np.ix_(known, known)], cross)
            guess = mean[~known] + (np.minimum(filled[np.ix_(rows, known)], _MOST) - mean[known]) @ gain
            filled[np.ix_(rows, ~known)] = np.clip(guess, 0.0, _MOST)
            left = np.diag(covariance)[~known] - (cross * gain).sum(axis=0)
            sd[np.ix_(rows, ~known)] = np.sqrt(np.maximum(left, 0.0))
        return filled, sd


@dataclass(frozen=True, slots=True)
class Measures:
    """Parameters of the family. The defaults are the prior: `fit_measures(...)` learns them.

    The prior's numbers are orders of magnitude. One like in fifty comes with a comment, one in a hundred with a share,
    and ten views with a like. Between accounts comments and shares per like differ by a factor of three or so, views by
    less than two; from post to post of one account about as much, views again less.
    """

    mean: tuple[float, ...] = (5.0, -3.9, -4.6, 2.3)
    across: tuple[tuple[float, ...], ...] = _diagonal(4.0, 1.0, 1.0, 0.25)
    within: tuple[tuple[float, ...], ...] = _diagonal(1.0, 0.6, 0.7, 0.15)
    half_life: tuple[float, ...] = (_LIKES_HALF_LIFE,) * 4
    seen: tuple[bool, ...] = (True, True, True, True)
    """Whether the accounts learned from have such a count at all: of one that none has, nothing is told."""
    down: _Factors = (1.0, 1.0, 1.0, 1.0)
    up: _Factors = (1.0, 1.0, 1.0, 1.0)
    """Of CALIBRATED: factors on the ratio's promised distance from the typical down to low and up to high."""

    def of_account(self, posted_at: NDArray[np.int64], logs: Floats) -> Expected:
        """What a next post of an account is expected to be, after its posts with log1p counts `logs` (n, 4).

        Posts of the same moment count alike, in whatever order they come; a missing count (NaN) counts for nothing.
        """
        mean, across, within = np.array(self.mean), np.array(self.across), np.array(self.within)
        posted_at, values = posted_at[-_WINDOW:], _as_ratios(logs[-_WINDOW:])
        known = ~np.isnan(values)
        values = np.where(known, values, 0.0)
        later = len(posted_at) - np.searchsorted(posted_at, posted_at, side="right")
        weight = 0.5 ** (later[:, None] / np.array(self.half_life)) * known
        total = weight.sum(axis=0)
        weight /= np.maximum(total, 1e-9)
        average = (weight * values).sum(axis=0)
        within = self._own_within(within, total, total * (weight * (values - average) ** 2).sum(axis=0))
        # The covariance of weighted means of deviations that are independent from post to post.
        noise = within * (weight.T @ weight)
        noise.flat[:: len(COUNTS) + 1] += _UNKNOWN * (total == 0)
        gain = np.linalg.solve(across + noise, across).T
        return Expected(mean + gain @ (average - mean), across - gain @ across + within)

    @staticmethod
    def _own_within(within: Floats, posts: Floats, squares: Floats) -> Floats:
        """Some accounts are steadier than others: the covariance with the account's own spread of each ratio.

        That is a scaled inverse chi-square's mode, from `posts` (4,) by weight and the sum of their `squares` (4,). The
        likes keep the spread of all: their forecast brings its own.
        """
        scale = np.sqrt((squares / np.diag(within) + _PRIOR_SPREAD) / (np.maximum(posts - 1.0, 0.0) + _PRIOR_SPREAD))
        scale[0] = 1.0
        return within * np.multiply.outer(scale, scale)

    def distances(self, j: int, reach: tuple[float, float], on_likes: float, own: float) -> tuple[float, float]:
        """How far down and up the interval of CALIBRATED[j] reaches, in log units.

        `own` is what is promised given the likes, `on_likes` the slope on them, and `reach` how far those may be from
        the typical: the spread of the likes and what is left given them are independent, so their squares add up.
        """
        down, up = reach
        return math.hypot(on_likes * down, own * self.down[j]), math.hypot(on_likes * up, own * self.up[j])

    def to_json(self) -> dict[str, Any]:
        """For the artefact."""
        return {name: getattr(self, name) for name in self.__slots__}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """What `to_json` gave. Raises ValueError for another shape."""
        mean, half_life, down, up = (
            tuple(float(x) for x in data[name]) for name in ("mean", "half_life", "down", "up")
        )
        across, within = (tuple(tuple(float(x) for x in row) for row in data[name]) for name in ("across", "within"))
        seen = tuple(bool(x) for x in data["seen"])
        parts = (mean, half_life, seen, down, up, across, within, *across, *within)
        if {len(part) for part in parts} != {len(COUNTS)}:
            raise ValueError("the measures have another number than four")
        return cls(mean, across, within, half_life, seen, down, up)  # type: ignore[arg-type]


def forecast_measures(
    measures: Measures, posted_at: NDArray[np.int64], logs: Floats, likes: Range, point: float
) -> tuple[dict[str, float], dict[str, Range], Range | None]:
    """All measures of an account's next post, whose likes were forecast as `likes` and `point` (counts).

    `posted_at` (n,) and `logs` (n, 4) are the account's posts, in order of publishing. Returns each measure's point,
    each one's typical value with its 80 % interval, and those of the engagement rate. A measure of which neither the
    account nor training knows is left out, and without all four there is no rate.
    """
    log_likes = math.log1p(likes.typical)
    ratios, slope, covariance = measures.of_account(posted_at, logs).given_likes(log_likes)
    reach = (log_likes - math.log1p(likes.low), math.log1p(likes.high) - log_likes)
    log_point = math.log1p(point)
    points = log_point + ratios + slope * (log_point - log_likes)
    own, on_likes = Z80 * np.sqrt(covariance.diagonal()), 1 + slope
    metrics, found = {"likes": point}, {"likes": likes}
    for j, name in enumerate(COUNTS[1:]):
        if measures.seen[j + 1] or not np.isnan(logs[:, j + 1]).all():
            metrics[name] = _count(float(points[j]))
            middle = min(max(log_likes + float(ratios[j]), 0.0), _MOST)
            below, above = measures.distances(j, reach, float(on_likes[j]), float(own[j]))
            found[name] = Range(_count(middle - below), _count(middle), _count(middle + above))
    if len(found) < len(COUNTS):
        return metrics, found, None
    counts = np.array([found[name].typical for name in COUNTS])
    below, above = measures.distances(len(COUNTS) - 1, reach, *_rate_spread(counts, slope, covariance))
    rate = min(rate_of(counts), 1.0)
    # Further up than a few log units the rate is 1 anyway, and exp() would overflow.
    return metrics, found, Range(rate * math.exp(-below), rate, min(rate * math.exp(min(above, _MOST)), 1.0))


def rate_of(counts: Floats) -> float:
    """Likes, comments and shares per view; NaN where one of the four is."""
    return float(counts[:3].sum() / np.maximum(counts[3], 1.0))


def _rate_spread(counts: Floats, slope: Floats, covariance: Floats) -> tuple[float, float]:
    """Of the log rate, by the delta method: its slope on the likes, and how far 80 % reach given the likes."""
    total = float(counts[:3].sum())
    # Likes cancel out: all four move with them. What is left is how the ratios do.
    moves = np.append(counts[1:3] / total if total > 0 else (0.0, 0.0), -1.0)
    return float(moves @ slope), Z80 * math.sqrt(max(float(moves @ covariance @ moves), 0.0))


def fill_likes(
    measures: Measures, posted_at: NDArray[np.int64], logs: Floats, label_sd: Floats
) -> tuple[Floats, Floats]:
    """An account's log1p counts (n, 4) with unknown likes filled in where another count is known; and the labels' sd.

    The account's own mean comes from its posts with likes. What the filling adds to a label's uncertainty is added to
    its standard deviation (n,). Posts of which no count is known stay unknown.
    """
    lacking = np.flatnonzero(np.isnan(logs[:, 0]) & ~np.isnan(logs[:, 1:]).all(axis=1))
    if not len(lacking):
        return logs, label_sd
    with_likes = ~np.isnan(logs[:, 0])
    expected = measures.of_account(posted_at[with_likes], logs[with_likes])
    logs, label_sd = logs.copy(), label_sd.copy()
    filled, sd = expected.fill_in(logs[lacking])
    logs[lacking, 0], label_sd[lacking] = filled[:, 0], np.hypot(label_sd[lacking], sd[:, 0])
    return logs, label_sd


def fit_measures(
    names: Sequence[str], account: NDArray[np.int64], posted_at: NDArray[np.int64], logs: Floats
) -> Measures:
    """Learn the family from n posts: log1p counts `logs` (n, 4), account by account in order of publishing.

    `account` (n,) is each post's position in `names`. Moments of the posts that are there, shrunk towards the prior's
    as if ten accounts, or fifty posts, had shown those; then the half-life, by the error of the ratios given the likes;
    then the intervals, on accounts that the moments were not taken from.
    """
    if not len(account):
        return Measures()
    starts = np.flatnonzero(np.diff(account, prepend=-1))
    posts = [(posted_at[a:b], np.clip(logs[a:b], 0.0, _MOST)) for a, b in pairwise([*starts, len(account)])]
    learned = _moments([of_account for _, of_account in posts])
    step = max(1, len(account) // _LOOKED_AT)
    chosen = replace(learned, half_life=_half_lives(learned, posts, step))
    parts = np.array([zlib.crc32(names[account[a]].encode()) % 2 for a in starts], dtype=np.int64)
    scores = [
        miss / spread
        for part in (0, 1)
        for miss, spread in _scores(
            replace(
                _moments([x for (_, x), p in zip(posts, parts, strict=True) if p != part]), half_life=chosen.half_life
            ),
            [x for x, p in zip(posts, parts, strict=True) if p == part],
            step,
        )
    ]
    table = np.array(scores).reshape(-1, len(CALIBRATED))
    return replace(chosen, down=_factors(-table), up=_factors(table))


def _half_lives(measures: Measures, posts: list[_Posts], step: int) -> tuple[float, ...]:
    """For each ratio the one whose forecasts, given the likes, have the smallest mean absolute error."""
    errors = []
    for half_life in _HALF_LIVES:
        tried = replace(measures, half_life=(_LIKES_HALF_LIFE, *(half_life,) * 3))
        misses = np.array([miss[:3] for miss, _ in _scores(tried, posts, step)]).reshape(-1, 3)
        errors.append(np.nansum(np.abs(misses), axis=0))
    best = np.argmin(np.array(errors), axis=0)
    return (_LIKES_HALF_LIFE, *(_HALF_LIVES[i] for i in best))


def _as_ratios(logs: Floats) -> Floats:
    clipped = np.clip(logs, 0.0, _MOST)
    return np.concatenate([clipped[:, :1], clipped[:, 1:] - clipped[:, :1]], axis=1)


def _count(log: float) -> float:
    return math.expm1(min(max(log, 0.0), _MOST))


def _moments(accounts: list[Floats]) -> Measures:
    """Mean and covariances, each entry from the posts and accounts that have both counts, shrunk towards the prior."""
    prior = Measures()
    size = len(COUNTS)
    pairs, products = np.zeros((size, size)), np.zeros((size, size))
    means, sizes = np.full((len(accounts), size), np.nan), np.zeros((len(accounts), size))
    for i, logs in enumerate(accounts):
        values = _as_ratios(logs)
        known = ~np.isnan(values)
        sizes[i] = known.sum(axis=0)
        own = np.where(known, values, 0.0).sum(axis=0) / np.maximum(sizes[i], 1.0)
        means[i] = np.where(sizes[i] > 0, own, np.nan)
        deviations = np.where(known, values - own, 0.0)
        products += deviations.T @ deviations
        # One degree of freedom of each account goes into its own mean.
        pairs += np.maximum(known.T.astype(np.float64) @ known - 1.0, 0.0)
    within = _positive((products + _PRIOR_POSTS * np.array(prior.within)) / (pairs + _PRIOR_POSTS))
    enough = sizes >= _FEWEST
    trust = enough.sum(axis=0)
    totals = np.where(enough, np.nan_to_num(means), 0.0).sum(axis=0)
    mean = (totals + _PRIOR_ACCOUNTS * np.array(prior.mean)) / (trust + _PRIOR_ACCOUNTS)
    apart = np.where(enough, np.nan_to_num(means) - mean, 0.0)
    both = enough.T.astype(np.float64) @ enough
    rate = np.where(enough, 1 / np.maximum(sizes, 1.0), 0.0)
    chance = within * (rate.T @ enough)
    across = (apart.T @ apart - chance + _PRIOR_ACCOUNTS * np.array(prior.across)) / (both + _PRIOR_ACCOUNTS)
    seen = sizes.sum(axis=0) > 0 if accounts else np.ones(size, dtype=np.bool_)
    return Measures(
        tuple(float(x) for x in mean),
        tuple(tuple(float(x) for x in row) for row in _positive(across)),
        tuple(tuple(float(x) for x in row) for row in within),
        seen=tuple(bool(x) for x in seen),
    )


def _positive(matrix: Floats) -> Floats:
    """The nearest covariance matrix: entries from different posts need not make one."""
    values, vectors = np.linalg.eigh((matrix + matrix.T) / 2)
    nearest: Floats = (vectors * np.maximum(values, 0.01)) @ vectors.T
    return nearest


def _scores(measures: Measures, posts: list[_Posts], step: int) -> Iterator[tuple[Floats, Floats]]:
    """Of every `step`-th post, how far each of CALIBRATED lay from what was expected given its likes, and the promise.

    Both (4,) in log units; NaN where a count is missing or, for the rate, nobody reacted.
    """
    skipped = 0
    for posted_at, logs in posts:
        for i in range(len(posted_at)):
            skipped += 1
            if skipped % step or math.isnan(logs[i, 0]):
                continue
            known = int(np.searchsorted(posted_at, posted_at[i] - HORIZON, side="right"))
            ratios, slope, covariance = measures.of_account(posted_at[:known], logs[:known]).given_likes(logs[i, 0])
            wanted = np.maximum(logs[i, 0] + ratios, 0.0)
            actual, expected = np.expm1(logs[i]), np.expm1(np.append(logs[i, 0], wanted))
            _, own = _rate_spread(expected, slope, covariance)
            rates = rate_of(actual), rate_of(expected)
            miss = math.log(rates[0] / rates[1]) if rates[0] > 0 and rates[1] > 0 else math.nan
            yield np.append(logs[i, 1:] - wanted, miss), np.append(Z80 * np.sqrt(np.diag(covariance)), own)


def _factors(scores: Floats) -> _Factors:
    """(4,) split-conformal factors of one side, each by itself, shrunk towards none."""
    factors = []
    for column in scores.T:
        known = column[~np.isnan(column)]
        if not len(known):
            factors.append(1.0)
            continue
        level = min(1.0, math.ceil((len(known) + 1) * (1 + COVERAGE) / 2) / len(known))
        trust = len(known) / (len(known) + _PRIOR_SCORES)
        factors.append(float(np.clip(trust * np.quantile(known, level) + 1 - trust, *_FACTOR)))
    return factors[0], factors[1], factors[2], factors[3]
