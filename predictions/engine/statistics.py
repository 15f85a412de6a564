"""Statistics that several parts of the engine share: weighted and conformal quantiles, caps on accounts' weights."""

import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from predictions.engine.types import Floats

MAX_SHARE = 0.1
"""Largest share of the total weight that one account may have in what is learned across accounts."""


def weighted_quantile(values: Floats, weights: Floats, level: float) -> float:
    """Return the smallest value up to which `level` (0 to 1) of the total weight lies.

    For a level of 0.5, the value c that minimises the sum of weights * |values - c|.
    `values` and `weights` are (n,), n >= 1, the weights positive.
    """
    return float(np.quantile(values, level, weights=weights, method="inverted_cdf"))


def quantiles(values: Floats, levels: Sequence[float]) -> list[float]:
    """Return quantiles of values (n,), n >= 1, none NaN, at levels from 0 to 1, to the bit as `np.quantile` does.

    That takes ten times as long on so few numbers: it is written for many, of any shape.

    >>> quantiles(np.array([4.0, 1.0, 2.0, 3.0]), (0.25, 0.5))
    [1.75, 2.5]
    """
    ordered = np.sort(values).tolist()
    found = []
    for level in levels:
        place = level * (len(ordered) - 1)
        below = min(int(place), len(ordered) - 1)
        low, high, share = ordered[below], ordered[min(below + 1, len(ordered) - 1)], place - below
        # from the nearer end, as NumPy does
        found.append(low + (high - low) * share if share < 0.5 else high - (high - low) * (1 - share))
    return found


def account_slices(account: NDArray[np.int64]) -> list[slice]:
    """Return the rows of each account; `account` (n,) is each row's account, whose rows stand together."""
    starts = np.flatnonzero(np.diff(account, prepend=-1))
    return [slice(a, b) for a, b in pairwise([*starts.tolist(), len(account)])]


def conformal_quantile(scores: Floats, level: float) -> float:
    """Return the quantile of calibration scores (n,), n >= 1, that a new score stays below with probability `level`.

    Split conformal prediction: the order statistic ceil((n + 1) level) of Vovk, Gammerman and Shafer, "Algorithmic
    Learning in a Random World" (2005), or the largest score where n is too small for it.
    """
    n = len(scores)
    return float(np.quantile(scores, min(1.0, math.ceil((n + 1) * level) / n)))


def cap_account_shares(account: NDArray[np.int64], weight: Floats) -> Floats:
    """Return the weights (n,) of rows, reduced where an account has more than `MAX_SHARE` of their sum.

    `account` (n,) is each row's account. With fewer than 1 / MAX_SHARE accounts, all get the same sum.
    """
    _, row = np.unique(account, return_inverse=True)
    sums = np.bincount(row, weight).astype(np.float64)
    factor = np.divide(_largest_sum(sums[sums > 0]), sums, out=np.ones_like(sums), where=sums > 0)
    capped: Floats = weight * np.minimum(1.0, factor)[row]
    return capped


def _largest_sum(sums: Floats) -> float:
    """Return the cap on accounts' sums under which no capped account exceeds its share of the capped total."""
    descending = np.sort(sums)[::-1]
    for capped in range(min(len(sums), math.ceil(1 / MAX_SHARE))):
        largest = MAX_SHARE * float(descending[capped:].sum()) / (1 - MAX_SHARE * capped)
        if descending[capped] <= largest:
            return largest
    return float(descending[-1]) if len(descending) else 0.0
