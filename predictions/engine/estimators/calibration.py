"""Correction of the 80 % interval, per length of history, and of the point, on forecasts of accounts not seen.

The interval's is conformal: Romano, Patterson and Candes, "Conformalized quantile regression" (NeurIPS 2019), with each
side corrected by itself: how far labels fell outside the promised quantile, in units of its promised distance from the
typical forecast.
"""

import math
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from predictions.engine.statistics import conformal_quantile, weighted_median
from predictions.engine.types import COVERAGE, Floats

LENGTHS = (1, 3, 6, 11, 21, 41, 101)
"""The shortest history (posts) of each class."""

_POOLED_ROWS = 200.0
"""A class with this many rows is believed half, against the correction of all classes together."""

_FACTOR = (0.3, 5.0)
_RATIO_CLIP = 3.0
"""No post weighs more than e cubed times what one does that got what was forecast."""

_SIDE = (1 + COVERAGE) / 2
"""Share of labels that lie beyond neither of an interval's two ends, for each end."""

_POINT = 0.5
"""The point is moved by no more than this (log units)."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """Factors on the distance from the typical forecast down to low and up to high, for each class of LENGTHS; and
    what to add to the point (log units)."""

    down: tuple[float, ...] = (1.0,) * len(LENGTHS)
    up: tuple[float, ...] = (1.0,) * len(LENGTHS)
    point: float = 0.0

    def factors(self, known: NDArray[np.int64]) -> tuple[Floats, Floats]:
        """(n,) factors for histories of `known` posts."""
        lengths = np.searchsorted(LENGTHS, np.maximum(known, 1), side="right") - 1
        return np.array(self.down)[lengths], np.array(self.up)[lengths]

    def to_json(self) -> dict[str, Any]:
        """For the artefact."""
        return {"down": list(self.down), "up": list(self.up), "point": self.point}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """What `to_json` gave. Raises ValueError for another number of classes."""
        down, up = (tuple(float(x) for x in data[side]) for side in ("down", "up"))
        if len(down) != len(LENGTHS) or len(up) != len(LENGTHS):
            raise ValueError("the calibration has another number of classes")
        return cls(down, up, float(data["point"]))


def calibrate(
    label: Floats, typical: Floats, point: Floats, low: Floats, high: Floats, known: NDArray[np.int64]
) -> Calibration:
    """Learn the corrections from forecasts whose makers had not seen the labels; all (n,), in log units.

    The point's is the constant that leaves the least relative error on posts with a like: trees find it in each leaf
    for itself, on a log scale, where an overshoot costs less than it does in counts.
    """
    if not len(label):
        return Calibration()
    down = (typical - label) / np.maximum(typical - low, 1e-3)
    up = (label - typical) / np.maximum(high - typical, 1e-3)
    lengths = np.searchsorted(LENGTHS, np.maximum(known, 1), side="right") - 1
    liked = is_liked(label)
    move = float(np.clip(relative_median((label - point)[liked]), -_POINT, _POINT)) if liked.any() else 0.0
    return Calibration(_by_length(down, lengths), _by_length(up, lengths), move)


def is_liked(label: Floats) -> NDArray[np.bool_]:
    """Whether a log1p count is one like or more, rounded (estimated ones are no whole numbers); a zero has no relative
    error."""
    liked: NDArray[np.bool_] = label >= math.log(1.5)
    return liked


def relative_median(log_ratio: Floats) -> float:
    """The constant c that minimises the mean of |exp(c) - exp(r)| / exp(r): the median under weights exp(-r)."""
    return weighted_median(log_ratio, np.exp(-np.clip(log_ratio, -_RATIO_CLIP, _RATIO_CLIP)))


def _by_length(score: Floats, lengths: NDArray[np.intp]) -> tuple[float, ...]:
    pooled = conformal_quantile(score, _SIDE)
    factors = []
    for length in range(len(LENGTHS)):
        own = score[lengths == length]
        trust = len(own) / (len(own) + _POOLED_ROWS)
        factors.append(trust * conformal_quantile(own, _SIDE) + (1 - trust) * pooled if len(own) else pooled)
    return tuple(float(np.clip(f, *_FACTOR)) for f in factors)
