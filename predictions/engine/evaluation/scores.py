"""Scores of forecasts against what came, as the evaluation protocol defines them.

A score that is not defined, as of no posts, is NaN.
"""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.stats import spearmanr

from predictions.engine.types import Floats


def score(
    likes: Floats,
    point: Floats,
    typical: Floats,
    low: Floats | None = None,
    high: Floats | None = None,
    accounts: Sequence[str] | None = None,
) -> dict[str, float]:
    """The protocol's scores of likes, or of any counts; all arrays (n,)."""
    liked = likes >= 1
    miss = np.abs(np.log1p(typical) - np.log1p(likes))
    scores = {
        "n": len(likes),
        "mape": _mean((np.abs(point - likes)[liked]) / likes[liked]),
        "median_ape": float(np.median(np.abs(typical - likes)[liked] / likes[liked])) if liked.any() else math.nan,
        "mae": _mean(np.abs(typical - likes)),
        "log_mae": _mean(miss),
        "spearman": _rank_correlation(typical, likes),
    }
    if low is not None and high is not None:
        scores["coverage"] = _mean(((likes >= low) & (likes <= high)).astype(np.float64))
        scores["log_width"] = _mean(np.log1p(high) - np.log1p(low))
    if accounts is not None:
        scores["within_spearman"], scores["within_accounts"] = _within(np.array(accounts), typical, likes)
    return {name: round(value, 4) for name, value in scores.items()}


def _mean(values: Floats) -> float:
    return float(values.mean()) if len(values) else math.nan


def _rank_correlation(a: Floats, b: Floats) -> float:
    if len(a) < 2 or np.ptp(a) == 0 or np.ptp(b) == 0:
        return math.nan
    return float(spearmanr(a, b)[0])


def _within(accounts: NDArray[np.str_], typical: Floats, likes: Floats) -> tuple[float, float]:
    """Mean rank correlation inside accounts with ten test posts or more, and how many accounts those are."""
    names, counts = np.unique(accounts, return_counts=True)
    found = [_rank_correlation(typical[accounts == n], likes[accounts == n]) for n in names[counts >= 10]]
    known = [f for f in found if not math.isnan(f)]
    return (float(np.mean(known)) if known else math.nan), float(len(known))
