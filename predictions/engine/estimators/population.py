"""The level of an account without a history: that of accounts with as many followers."""

import math
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from predictions.engine.archive import Parameters
from predictions.engine.estimators.calibration import relative_median
from predictions.engine.statistics import account_slices
from predictions.engine.types import MAX_COUNT, MAX_LOG, Floats

_MIN_ACCOUNTS = 20
"""With fewer accounts the level does not depend on followers."""
_PRIOR_ACCOUNTS = 10
"""The prior's spread weighs as much as so many accounts, so that a handful of them promises no certainty."""
_MIN_REACH = 0.5


@dataclass(frozen=True, slots=True)
class Population(Parameters):
    """Level of log1p likes: `level`, or `intercept + slope * log1p(followers)` where followers are known.

    The prior's numbers are orders of magnitude. A middling post of a middling creator has some hundred likes; about one
    follower in thirty likes a post, and large followings respond less than in proportion.
    """

    level: float = 5.0
    intercept: float = -1.4
    slope: float = 0.8
    low: float = -2.3
    high: float = 2.3
    point: float = -1.5
    """`low`, `high` and `point` are relative to the level."""

    @classmethod
    def fit(cls, account: NDArray[np.int64], label: Floats, followers: Floats) -> Self:
        """Learn from n rows, account by account: log1p labels (n,), and followers (n,), NaN unknown."""
        if not len(account):
            return cls()
        accounts = account_slices(account)
        levels = np.array([np.median(label[own]) for own in accounts])
        followers = np.array([followers[own][-1] for own in accounts])
        has_followers = (followers >= 0) & (followers < MAX_COUNT)
        log_followers = np.log1p(np.where(has_followers, followers, 0.0))
        level = float(np.median(levels))
        intercept, slope = level, 0.0
        if has_followers.sum() >= _MIN_ACCOUNTS and np.ptp(log_followers[has_followers]) > 0:
            from sklearn.linear_model import HuberRegressor

            fitted = HuberRegressor().fit(log_followers[has_followers][:, None], levels[has_followers])
            # similar followings fit any slope; twice the followers never bring more than twice the likes
            slope = float(np.clip(fitted.coef_[0], 0.0, 1.0))
            intercept = float(np.median(levels[has_followers] - slope * log_followers[has_followers]))
        # one post of each account, as the posts of one account resemble each other
        miss = label[[own.start for own in accounts]] - np.where(
            has_followers, intercept + slope * log_followers, level
        )
        learned = np.array([*np.quantile(miss, [0.1, 0.9]), relative_median(miss)])
        share = len(miss) / (len(miss) + _PRIOR_ACCOUNTS)
        low, high, point = share * learned + (1 - share) * np.array([cls().low, cls().high, cls().point])
        return cls(level, intercept, slope, min(low, -_MIN_REACH), max(high, _MIN_REACH), min(point, 0.0))

    def typical(self, followers: float) -> float:
        """Return log1p likes of a middling post of an account with so many followers, NaN unknown."""
        if 0 <= followers < MAX_COUNT:
            return max(self.intercept + self.slope * math.log1p(followers), 0.0)
        return self.level

    def forecast(self, followers: float) -> tuple[float, float, float, float]:
        """Return low, typical, high and point as counts."""
        level = self.typical(followers)
        low = level + self.low
        logs = (low, level, level + self.high, max(level + self.point, low))
        low, typical, high, point = (math.expm1(min(max(log, 0.0), MAX_LOG)) for log in logs)
        return low, typical, high, point
