"""Calibration of the 80 % interval and of the point, on forecasts of accounts that the models had not seen.

The interval's is conformal: Romano, Patterson and Candès, "Conformalized quantile regression" (NeurIPS 2019), each side
corrected by itself, in units of its forecast distance from the typical value.
"""

import math
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from predictions.engine.archive import Parameters
from predictions.engine.statistics import conformal_quantile, weighted_quantile
from predictions.engine.types import COVERAGE, Floats

_SIDE = (1 + COVERAGE) / 2
"""Share of labels that lie within each side's end."""
_FACTOR = (0.3, 5.0)
_RATIO_CLIP = 3.0
"""Cap a post's weight in the point at e³ times that of a correctly forecast post."""
_MAX_POINT = 0.5


@dataclass(frozen=True, slots=True)
class Calibration(Parameters):
    """Corrections of a log forecast."""

    down: float = 1.0
    """Factor on the distance from typical down to low."""
    up: float = 1.0
    """Factor on the distance from typical up to high."""
    point: float = 0.0
    """Added to the point, in log units."""

    @classmethod
    def fit(cls, label: Floats, typical: Floats, point: Floats, low: Floats, high: Floats) -> Self:
        """Learn the corrections from forecasts of log1p labels; all (n,).

        The point's minimises the relative error on posts with a like: trees find each leaf's point on a log scale,
        where an overshoot costs less than it does in counts.
        """
        if not len(label):
            return cls()
        down = conformal_quantile((typical - label) / np.maximum(typical - low, 1e-3), _SIDE)
        up = conformal_quantile((label - typical) / np.maximum(high - typical, 1e-3), _SIDE)
        misses = (label - point)[is_liked(label)]
        move = relative_median(misses) if len(misses) else 0.0
        return cls(
            float(np.clip(down, *_FACTOR)), float(np.clip(up, *_FACTOR)), float(np.clip(move, -_MAX_POINT, _MAX_POINT))
        )


def is_liked(label: Floats) -> NDArray[np.bool_]:
    """Return whether log1p counts (n,) are one like or more, rounded; a zero has no relative error."""
    liked: NDArray[np.bool_] = label >= math.log(1.5)
    return liked


def relative_median(log_ratio: Floats) -> float:
    """Return the constant c that minimises the mean of |exp(c) - exp(r)| / exp(r) over log ratios r (n,)."""
    return weighted_quantile(log_ratio, relative_weights(log_ratio), 0.5)


def relative_weights(log_ratio: Floats) -> Floats:
    """Return weights (n,) of absolute errors of counts that make them relative, from log ratios (n,) of the counts."""
    weights: Floats = np.exp(-np.clip(log_ratio, -_RATIO_CLIP, _RATIO_CLIP))
    return weights
