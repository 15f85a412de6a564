"""Forecasts of comments, shares, views and the engagement rate, given the forecast of likes.

Each is modelled by its log ratio: comments, shares and views per like, and (likes + comments + shares) per view. A
post's ratio is its account's mean, plus a slope on how far the post's likes are from the account's usual, plus noise;
accounts' means lie around that of all accounts. That is the hierarchical normal model of Gelman et al., "Bayesian Data
Analysis" (3rd edition, 2013), chapter 5. An account's mean discounts its older posts (West and Harrison, "Bayesian
Forecasting and Dynamic Models", 1997, chapter 6), and its spread is shrunk to that of all accounts.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from predictions.engine.archive import Parameters
from predictions.engine.statistics import account_slices, conformal_quantile
from predictions.engine.types import COUNTS, COVERAGE, HORIZON, MAX_LOG, RATE, Z80, Floats, Range

RATIOS = (*COUNTS[1:], RATE)
_HALF_LIFE = np.array([10.0, 10.0, 5.0, 5.0])
"""Posts after which a post's weight in the account's mean of each ratio has halved."""

_WINDOW = 120
"""Latest posts that an account's means are computed from."""

_PRIOR_ACCOUNTS, _PRIOR_POSTS, _PRIOR_SCORES, _PRIOR_OWN_POSTS = 10.0, 50.0, 100.0, 3.0
"""Weight of the prior, in accounts, posts, calibration scores, and an account's own posts."""

_FEWEST_POSTS = 3
"""Accounts with fewer posts are left out of the variance between accounts."""

_FACTOR = (0.3, 3.0)
_LEAST_STEP = 0.1
"""A count that moves less with the likes (log units per log unit) than this tells nothing of them."""
_CALIBRATION_POSTS = 5_000

_PerRatio = tuple[float, ...]


@dataclass(frozen=True, slots=True)
class CountsModel(Parameters):
    """Parameters, one of each for every ratio of `RATIOS`; the defaults are the prior, `fit_counts` learns them.

    The prior holds orders of magnitude: a comment per fifty likes, a share per hundred, ten views per like. Comments
    and shares per like differ by a factor of three between accounts, views by less than two; posts differ as much.
    """

    mean: _PerRatio = (-3.9, -4.6, 2.3, -2.2)
    """Mean of accounts' log ratios."""
    across: _PerRatio = (1.0, 1.0, 0.25, 0.25)
    """Variance between accounts' means."""
    within: _PerRatio = (0.6, 0.7, 0.15, 0.15)
    """Variance from post to post of an account, given the likes."""
    slope: _PerRatio = (0.0, 0.0, 0.0, 0.0)
    """Change of the log ratio per unit of log likes above the account's usual."""
    factor: _PerRatio = (1.0, 1.0, 1.0, 1.0)
    """Conformal factor on the half-width of the 80 % interval."""
    seen: tuple[bool, ...] = (True,) * 4
    """True for ratios that some account of the training data has; others are not forecast."""

    def expect(self, posted_at: NDArray[np.int64], logs: Floats, log_likes: float) -> tuple[Floats, Floats]:
        """Return the log ratios (4,) of an account's next post, and the half-widths (4,) of their 80 % intervals.

        `posted_at` (n,) and `logs` (n, 4; log1p of `COUNTS`, NaN unknown) are the account's posts in order of
        publishing, `log_likes` the log1p likes of the next one. Posts of the same moment weigh the same.
        """
        ratio, reach, _ = self._expect(posted_at, logs, log_likes)
        return ratio, reach

    def _expect(self, posted_at: NDArray[np.int64], logs: Floats, log_likes: float) -> tuple[Floats, Floats, Floats]:
        """Return what `expect` does, and the standard deviations (4,) of the account's mean ratios."""
        mean, across, within, slope = (np.array(x) for x in (self.mean, self.across, self.within, self.slope))
        posted_at, logs = posted_at[-_WINDOW:], logs[-_WINDOW:]
        ratios, likes, is_known = _ratios(logs)
        later = len(posted_at) - np.searchsorted(posted_at, posted_at, side="right")
        weight = 0.5 ** (later[:, None] / _HALF_LIFE) * is_known
        posts = weight.sum(axis=0)
        weight /= np.maximum(posts, 1e-9)
        own_mean, own_likes = (weight * ratios).sum(axis=0), (weight * likes).sum(axis=0)
        residual = ratios - own_mean - slope * (likes - own_likes)
        # mode of a scaled inverse chi-square
        squares = posts * (weight * residual**2).sum(axis=0) + _PRIOR_OWN_POSTS * within
        spread = squares / (np.maximum(posts - 1.0, 0.0) + _PRIOR_OWN_POSTS)
        trust = np.where(posts > 0, across / (across + spread * (weight**2).sum(axis=0)), 0.0)
        better = np.where(posts > 0, min(log_likes, MAX_LOG) - own_likes, 0.0)
        of_mean = across * (1 - trust)
        reach = Z80 * np.sqrt(of_mean + spread) * self.factor
        return mean + trust * (own_mean - mean) + slope * better, reach, np.sqrt(of_mean)

    def likes_of(self, posted_at: NDArray[np.int64], logs: Floats, others: Floats) -> tuple[float, float, float]:
        """Return the log1p likes of an account's next post worked out from its other counts, and two deviations.

        The first is of these likes, the second of the account's mean ratio alone: an error that all its posts share.

        `posted_at` and `logs` are as in `expect`, `others` (4,) the next post's log1p counts, of which one beside the
        likes at least is known. The count whose ratio to the likes is the surest tells: the views, where there are any.
        """
        at_zero, reach, mean_sd = self._expect(posted_at, logs, 0.0)
        at_one, *_ = self._expect(posted_at, logs, 1.0)
        # log count = log likes + log ratio, which is linear in the log likes
        step = np.maximum(1.0 + at_one - at_zero, _LEAST_STEP)[:-1]
        sd = np.where(np.isnan(others[1:]), np.inf, reach[:-1] / Z80 / step)
        surest = int(np.argmin(sd))
        likes = (others[surest + 1] - at_zero[surest]) / step[surest]
        return float(np.clip(likes, 0.0, MAX_LOG)), float(sd[surest]), float(mean_sd[surest] / step[surest])


def forecast_counts(
    model: CountsModel, posted_at: NDArray[np.int64], logs: Floats, likes: Range, point: float
) -> tuple[dict[str, float], dict[str, Range], Range | None]:
    """Return each count's point, each count's range, and the engagement rate's range, for an account's next post.

    `likes` and `point` are the forecast of its likes; `posted_at` (n,) and `logs` (n, 4) are as in
    `CountsModel.expect`. A count that neither the account nor the training data has is left out, and without all four
    there is no rate. The uncertainties of likes and ratio are independent: their squares add up on each side.
    """
    log_likes, log_point = math.log1p(likes.typical), math.log1p(point)
    ratio, reach = model.expect(posted_at, logs, log_likes)
    slope = np.array(model.slope)
    on_likes = np.append(1 + slope[:-1], slope[-1])
    below = np.hypot(on_likes * (log_likes - math.log1p(likes.low)), reach)
    above = np.hypot(on_likes * (math.log1p(likes.high) - log_likes), reach)
    points, ranges = {"likes": point}, {"likes": likes}
    for j, name in enumerate(COUNTS[1:]):
        if model.seen[j] or not np.isnan(logs[:, j + 1]).all():
            points[name] = _count(log_point + ratio[j] + slope[j] * (log_point - log_likes))
            middle = min(max(log_likes + ratio[j], 0.0), MAX_LOG)
            ranges[name] = Range(_count(middle - below[j]), _count(middle), _count(middle + above[j]))
    if len(ranges) < len(COUNTS):
        return points, ranges, None
    low, rate, high = (math.exp(min(x, 0.0)) for x in (ratio[-1] - below[-1], ratio[-1], ratio[-1] + above[-1]))
    return points, ranges, Range(low, rate, high)


def rate_of(counts: Floats) -> float:
    """Return likes, comments and shares per view of `counts` (4,); NaN where one is unknown."""
    return float(counts[:3].sum() / np.maximum(counts[3], 1.0))


def fit_counts(account: NDArray[np.int64], posted_at: NDArray[np.int64], logs: Floats) -> CountsModel:
    """Learn the parameters from n posts that stand account by account in order of publishing.

    `account` and `posted_at` are (n,), `logs` (n, 4) log1p of `COUNTS`, NaN unknown. Moments, shrunk to the prior; then
    the conformal factors, by forecasting every post from the account's earlier ones.
    """
    if not len(account):
        return CountsModel()
    posts = [(posted_at[own], logs[own]) for own in account_slices(account)]
    model = _moments([logs for _, logs in posts])
    return replace(model, factor=tuple(_factor(column) for column in _scores(model, posts).T))


def _ratios(logs: Floats) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    """Return log ratios (n, 4), log1p likes (n, 1), both with 0 for unknown, and which ratios are known (n, 4)."""
    logs = np.clip(logs, 0.0, MAX_LOG)
    rate = np.log1p(np.expm1(logs[:, :3]).sum(axis=1)) - logs[:, 3]
    ratios = np.column_stack([logs[:, 1:] - logs[:, :1], rate])
    return np.nan_to_num(ratios), np.nan_to_num(logs[:, :1]), ~np.isnan(ratios)


def _moments(accounts: Sequence[Floats]) -> CountsModel:
    prior = CountsModel()
    size = (len(accounts), len(RATIOS))
    posts, means = np.zeros(size), np.zeros(size)
    likes_squares, products, squares = np.zeros((3, len(RATIOS)))
    for i, logs in enumerate(accounts):
        ratios, likes, is_known = _ratios(logs)
        posts[i] = is_known.sum(axis=0)
        share = is_known / np.maximum(posts[i], 1.0)
        means[i] = (share * ratios).sum(axis=0)
        x, y = is_known * (likes - (share * likes).sum(axis=0)), is_known * (ratios - means[i])
        likes_squares += (x * x).sum(axis=0)
        products += (x * y).sum(axis=0)
        squares += (y * y).sum(axis=0)
    slope = products / (likes_squares + _PRIOR_POSTS)
    residual = squares - 2 * slope * products + slope**2 * likes_squares
    freedom = np.maximum(posts - 1, 0).sum(axis=0)
    within = (residual + _PRIOR_POSTS * np.array(prior.within)) / (freedom + _PRIOR_POSTS)
    enough = posts >= _FEWEST_POSTS
    weight = enough.sum(axis=0) + _PRIOR_ACCOUNTS
    mean = ((enough * means).sum(axis=0) + _PRIOR_ACCOUNTS * np.array(prior.mean)) / weight
    chance = within * (enough / np.maximum(posts, 1)).sum(axis=0)
    apart = (enough * (means - mean) ** 2).sum(axis=0) - chance
    across = np.maximum((apart + _PRIOR_ACCOUNTS * np.array(prior.across)) / weight, 0.01)
    seen = tuple((posts.sum(axis=0) > 0).tolist())
    fitted = {"mean": mean, "across": across, "within": within, "slope": slope}
    return CountsModel(**{name: tuple(values.tolist()) for name, values in fitted.items()}, seen=seen)


def _scores(model: CountsModel, posts: Sequence[tuple[NDArray[np.int64], Floats]]) -> Floats:
    """Return |misses| (m, 4) of an even sample of posts, in half-widths of the 80 % interval; NaN unknown."""
    step = max(1, sum(len(logs) for _, logs in posts) // _CALIBRATION_POSTS)
    scores: list[Floats] = []
    before = 0
    for posted_at, logs in posts:
        ratios, likes, is_known = _ratios(logs)
        ends = np.searchsorted(posted_at, posted_at - HORIZON, side="right")
        for i in range(-before % step, len(logs), step):
            ratio, reach = model.expect(posted_at[: ends[i]], logs[: ends[i]], float(likes[i, 0]))
            scores.append(np.where(is_known[i], np.abs(ratios[i] - ratio) / reach, np.nan))
        before += len(logs)
    return np.array(scores).reshape(-1, len(RATIOS))


def _factor(scores: Floats) -> float:
    """Return the split-conformal factor that the scores ask for, shrunk to one."""
    misses = scores[~np.isnan(scores)]
    if not len(misses):
        return 1.0
    trust = len(misses) / (len(misses) + _PRIOR_SCORES)
    return float(np.clip(trust * conformal_quantile(misses, COVERAGE) + 1 - trust, *_FACTOR))


def _count(log: float) -> float:
    return math.expm1(min(max(log, 0.0), MAX_LOG))
