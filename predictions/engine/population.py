"""What is known of an account without a history: the level of accounts with as many followers."""

import math
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from sklearn.linear_model import HuberRegressor

from predictions.engine.calibration import relative_median
from predictions.engine.growth import Floats

MEASURES = ("likes", "comments", "shares", "views")
_MIN_ACCOUNTS = 20
"""Fewer accounts with followers say nothing of how a level depends on them."""


@dataclass(frozen=True, slots=True)
class Population:
    """Level of log1p likes: `level`, or `intercept + slope * log1p(followers)` where followers are known.

    The numbers of the prior are orders of magnitude. A middling post of a middling creator has some hundred likes;
    about one follower in thirty likes a post, and large followings respond less than in proportion. Without a history
    a forecast can be off by a factor of ten. One like in fifty comes with a comment, one in a hundred with a share, and
    ten views with a like.
    """

    level: float = 5.0
    intercept: float = -1.4
    slope: float = 0.8
    low: float = -2.3
    high: float = 2.3
    point: float = -1.5
    """Of the point forecast, below the median: on a spread this wide the relative error punishes the high side."""
    ratios: tuple[float, ...] = (-3.9, -4.6, 2.3)
    """Median log of comments, shares and views over likes (each plus one); NaN where nothing is known."""

    def typical(self, followers: float) -> float:
        if 0 <= followers < math.inf:
            return max(self.intercept + self.slope * math.log1p(followers), 0.0)
        return self.level

    def to_json(self) -> dict[str, Any]:
        values = {name: getattr(self, name) for name in self.__slots__}
        return values | {"ratios": [None if math.isnan(r) else r for r in self.ratios]}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        ratios = tuple(math.nan if r is None else float(r) for r in data["ratios"])
        return cls(**{n: float(data[n]) for n in cls.__slots__ if n != "ratios"}, ratios=ratios)


def fit_population(level: Floats, followers: Floats, first: Floats, ratios: Floats) -> Population:
    """Learn it from n accounts.

    `level` (n,) is each one's median log1p likes, `first` (n,) that of one post of it, `followers` (n,) NaN where
    unknown, and `ratios` (n, 3) the log ratios of comments, shares and views to likes.
    """
    prior = Population()
    if not len(level):
        return prior
    known = np.isfinite(followers) & (followers >= 0)
    followers = np.where(known, followers, 0.0)
    middle = float(np.median(level))
    intercept, slope = middle, 0.0
    if known.sum() >= _MIN_ACCOUNTS and np.ptp(followers[known]) > 0:
        fitted = HuberRegressor().fit(np.log1p(followers[known])[:, None], level[known])
        intercept, slope = float(fitted.intercept_), float(fitted.coef_[0])
    expected = np.where(known, intercept + slope * np.log1p(followers), middle)
    miss = first - expected
    # Ten accounts' worth of the prior's spread, so that a handful of accounts promises no certainty.
    trust = len(miss) / (len(miss) + 10)
    low, high = (
        trust * float(np.quantile(miss, q)) + (1 - trust) * p for q, p in ((0.1, prior.low), (0.9, prior.high))
    )
    point = trust * relative_median(miss) + (1 - trust) * prior.point
    medians = tuple(
        float(np.median(column[~np.isnan(column)])) if (~np.isnan(column)).any() else math.nan for column in ratios.T
    )
    return Population(middle, intercept, slope, min(low, -0.5), max(high, 0.5), min(point, 0.0), medians)
