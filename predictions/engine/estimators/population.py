"""What is known of an account without a history: the level of accounts with as many followers."""

import math
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from sklearn.linear_model import HuberRegressor

from predictions.engine.estimators.calibration import relative_median
from predictions.engine.types import MAX_COUNT, Floats

_MIN_ACCOUNTS = 20
"""Fewer accounts with followers say nothing of how a level depends on them."""


@dataclass(frozen=True, slots=True)
class Population:
    """Level of log1p likes: `level`, or `intercept + slope * log1p(followers)` where followers are known.

    The numbers of the prior are orders of magnitude. A middling post of a middling creator has some hundred likes;
    about one follower in thirty likes a post, and large followings respond less than in proportion. Without a history
    a forecast can be off by a factor of ten.
    """

    level: float = 5.0
    intercept: float = -1.4
    slope: float = 0.8
    low: float = -2.3
    high: float = 2.3
    point: float = -1.5
    """Of the point forecast, below the median: on a spread this wide the relative error punishes the high side."""

    def typical(self, followers: float) -> float:
        """Log1p likes of a middling post, of an account with so many followers; NaN unknown."""
        if 0 <= followers < MAX_COUNT:
            return max(self.intercept + self.slope * math.log1p(followers), 0.0)
        return self.level

    def to_json(self) -> dict[str, Any]:
        """For the artefact."""
        return {name: getattr(self, name) for name in self.__slots__}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """What `to_json` gave."""
        return cls(**{name: float(data[name]) for name in cls.__slots__})


def fit_population(level: Floats, followers: Floats, first: Floats) -> Population:
    """Learn it from n accounts.

    `level` (n,) is each one's median log1p likes, `first` (n,) that of one post of it, and `followers` (n,) NaN where
    unknown.
    """
    prior = Population()
    if not len(level):
        return prior
    known = (followers >= 0) & (followers < MAX_COUNT)
    followers = np.where(known, followers, 0.0)
    middle = float(np.median(level))
    intercept, slope = middle, 0.0
    if known.sum() >= _MIN_ACCOUNTS and np.ptp(followers[known]) > 0:
        fitted = HuberRegressor().fit(np.log1p(followers[known])[:, None], level[known])
        # followings that hardly differ fit any slope, and twice the followers are never more than twice the likes
        slope = float(np.clip(fitted.coef_[0], 0.0, 1.0))
        intercept = float(np.median(level[known] - slope * np.log1p(followers[known])))
    expected = np.where(known, intercept + slope * np.log1p(followers), middle)
    miss = first - expected
    # Ten accounts' worth of the prior's spread, so that a handful of accounts promises no certainty.
    trust = len(miss) / (len(miss) + 10)
    low, high = (
        trust * float(np.quantile(miss, q)) + (1 - trust) * p for q, p in ((0.1, prior.low), (0.9, prior.high))
    )
    point = trust * relative_median(miss) + (1 - trust) * prior.point
    return Population(middle, intercept, slope, min(low, -0.5), max(high, 0.5), min(point, 0.0))
