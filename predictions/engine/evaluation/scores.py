"""Scores of forecasts, as the evaluation protocol defines them; a score that is not defined is NaN."""

import math
from collections.abc import Sequence

import numpy as np

from predictions.engine.types import Floats

MIN_RANKED = 10
"""Test posts of an account from which a rank correlation within it is taken."""


def score(
    actual: Floats,
    point: Floats,
    typical: Floats,
    low: Floats | None = None,
    high: Floats | None = None,
    accounts: Sequence[str] | None = None,
) -> dict[str, float]:
    """Return the protocol's scores of likes or other counts; all arguments are (n,).

    `mape` is of the point, over posts with a count of one or more; the other errors are of the typical forecast.
    """
    liked = actual >= 1
    scores: dict[str, float] = {
        "n": len(actual),
        "mape": _mean(np.abs(point - actual)[liked] / actual[liked]),
        "median_ape": float(np.median(np.abs(typical - actual)[liked] / actual[liked])) if liked.any() else math.nan,
        "mae": _mean(np.abs(typical - actual)),
        "log_mae": _mean(np.abs(np.log1p(typical) - np.log1p(actual))),
        "spearman": _rank_correlation(typical, actual),
    }
    if low is not None and high is not None:
        scores["coverage"] = _mean(((actual >= low) & (actual <= high)).astype(np.float64))
        scores["log_width"] = _mean(np.log1p(high) - np.log1p(low))
    if accounts is not None:
        of, (names, sizes) = np.array(accounts), np.unique(accounts, return_counts=True)
        within = [_rank_correlation(typical[of == name], actual[of == name]) for name in names[sizes >= MIN_RANKED]]
        defined = np.array([x for x in within if not math.isnan(x)])
        scores["within_spearman"], scores["within_accounts"] = _mean(defined), len(defined)
    return {name: round(value, 4) for name, value in scores.items()}


def _mean(values: Floats) -> float:
    return float(values.mean()) if len(values) else math.nan


def _rank_correlation(a: Floats, b: Floats) -> float:
    from scipy.stats import spearmanr

    if len(a) < 2 or np.ptp(a) == 0 or np.ptp(b) == 0:
        return math.nan
    return float(spearmanr(a, b)[0])
