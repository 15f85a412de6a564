"""Evidence for a score: its rank correlation with propagation within accounts, on later posts, with an interval."""

import math
from dataclasses import asdict, dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from predictions.engine.statistics import account_slices
from predictions.engine.types import Floats

FEWEST_POSTS = 8
"""Posts of an account whose rank correlation counts."""
FEWEST_ACCOUNTS = 5
"""A bootstrap over fewer accounts gives no interval."""
COVERAGE = 0.99
"""Of the interval: five sub-scores are judged at once, again with each training."""
_DRAWS = 2_000


@dataclass(frozen=True, slots=True)
class Evidence:
    """Mean within-account Spearman correlation; NaN, and not enough, where there is too little to tell."""

    correlation: float
    low: float
    """Of a 99 % interval, a bootstrap over accounts."""
    high: float
    posts: int
    accounts: int

    @property
    def is_enough(self) -> bool:
        """Return whether the score may be shown as a number."""
        return self.low > 0

    def to_json(self) -> dict[str, Any]:
        return {name: None if math.isnan(value) else value for name, value in asdict(self).items()}

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Self:
        """Read what `to_json` gave."""
        numbers = {name: math.nan if stored[name] is None else float(stored[name]) for name in _NUMBERS}
        return cls(**numbers, posts=int(stored["posts"]), accounts=int(stored["accounts"]))


_NUMBERS = ("correlation", "low", "high")


def judge(account: NDArray[np.int64], score: Floats, propagation: Floats) -> Evidence:
    """Return how far a score (n,), known before publishing, ranked an account's posts as they then spread.

    Rows of an account stand together; those with a NaN are left out. An account weighs by its posts less one.
    """
    from scipy.stats import rankdata

    found, weights, posts = [], [], 0
    for own in account_slices(account):
        is_known = ~np.isnan(score[own]) & ~np.isnan(propagation[own])
        scores, spread = score[own][is_known], propagation[own][is_known]
        if len(scores) >= FEWEST_POSTS and np.ptp(scores) > 0 and np.ptp(spread) > 0:
            found.append(float(np.corrcoef(rankdata(scores), rankdata(spread))[0, 1]))
            weights.append(len(scores) - 1)
            posts += len(scores)
    n = len(found)
    if n < FEWEST_ACCOUNTS:
        return Evidence(math.nan, math.nan, math.nan, posts, n)
    correlations, weight = np.array(found), np.array(weights, dtype=np.float64)
    draws = np.random.default_rng(0).integers(n, size=(_DRAWS, n))
    means = (correlations[draws] * weight[draws]).sum(axis=1) / weight[draws].sum(axis=1)
    low, high = np.quantile(means, ((1 - COVERAGE) / 2, (1 + COVERAGE) / 2))
    return Evidence(float(np.average(correlations, weights=weight)), float(low), float(high), posts, n)
