"""Scores of several models on the same units, compared in pairs with an interval that keeps groups together."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from predictions.engine.types import Floats

_DRAWS = 1_000


@dataclass(frozen=True, slots=True)
class Figure:
    """A mean score, and its distance from the one that it is compared with, with a paired 95 % interval."""

    name: str
    score: float
    difference: float
    low: float
    high: float


def figures_of(scores: Mapping[str, Floats], against: str, group: NDArray[np.generic]) -> list[Figure]:
    """Return the mean of each of `scores` (n,) against another's; intervals are a bootstrap over groups (n,)."""
    _, row = np.unique(group, return_inverse=True)
    n = int(row.max()) + 1
    draws = np.random.default_rng(0).multinomial(n, np.full(n, 1 / n), size=_DRAWS).astype(np.float64)
    sizes = draws @ np.bincount(row, minlength=n)
    figures = []
    for name, of_units in scores.items():
        paired = of_units - scores[against]
        means = draws @ np.bincount(row, weights=paired, minlength=n) / sizes
        low, high = np.quantile(means, (0.025, 0.975))
        figures.append(Figure(name, float(of_units.mean()), float(paired.mean()), float(low), float(high)))
    return figures
