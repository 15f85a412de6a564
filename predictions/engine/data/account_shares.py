"""No account decides by itself what is learned of all."""

import math

import numpy as np
from numpy.typing import NDArray

MAX_SHARE = 0.1
"""No account has more weight in what is learned from than this share: a model of everybody, not of the busiest."""


def clamped_shares(account: NDArray[np.int64], weight: NDArray[np.float64]) -> NDArray[np.float64]:
    """(n,) the weights of rows of these accounts, less where an account would have more than `MAX_SHARE` of all.

    Of so few accounts that each must have more, all have the same.
    """
    _, of_account = np.unique(account, return_inverse=True)
    sums = np.bincount(of_account, weight).astype(np.float64)
    capped = np.divide(_largest_sum(sums[sums > 0]), sums, out=np.ones_like(sums), where=sums > 0)
    clamped: NDArray[np.float64] = weight * np.minimum(1.0, capped)[of_account]
    return clamped


def _largest_sum(sums: NDArray[np.float64]) -> float:
    """What an account's weights may add up to, so that none of those with these `sums` has too large a share."""
    descending = np.sort(sums)[::-1]
    for capped in range(min(len(sums), math.ceil(1 / MAX_SHARE))):
        # the largest so many are capped, the others stay as they are
        most = MAX_SHARE * float(descending[capped:].sum()) / (1 - MAX_SHARE * capped)
        if descending[capped] <= most:
            return most
    return float(descending[-1]) if len(descending) else 0.0
