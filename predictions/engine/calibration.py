"""Conformal correction of the 80 % interval, per length of history.

Romano, Patterson and Candes, "Conformalized quantile regression" (NeurIPS 2019), with each side corrected by itself:
how far labels fell outside the promised quantile, in units of its promised distance from the typical forecast.
"""

import math
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from predictions.engine.growth import Floats

COVERAGE = 0.8
LENGTHS = (1, 3, 6, 11, 21, 41, 101)
"""The shortest history (posts) of each class."""

_POOLED_ROWS = 200.0
"""A class with this many rows is believed half, against the correction of all classes together."""

_FACTOR = (0.3, 5.0)


@dataclass(frozen=True, slots=True)
class Calibration:
    """Factors on the distance from the typical forecast down to low and up to high, for each class of LENGTHS."""

    down: tuple[float, ...] = (1.0,) * len(LENGTHS)
    up: tuple[float, ...] = (1.0,) * len(LENGTHS)

    def factors(self, known: NDArray[np.int64]) -> tuple[Floats, Floats]:
        """(n,) factors for histories of `known` posts."""
        lengths = np.searchsorted(LENGTHS, np.maximum(known, 1), side="right") - 1
        return np.array(self.down)[lengths], np.array(self.up)[lengths]

    def to_json(self) -> dict[str, Any]:
        return {"down": list(self.down), "up": list(self.up)}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        down, up = (tuple(float(x) for x in data[side]) for side in ("down", "up"))
        if len(down) != len(LENGTHS) or len(up) != len(LENGTHS):
            raise ValueError("the calibration has another number of classes")
        return cls(down, up)


def calibrate(label: Floats, typical: Floats, low: Floats, high: Floats, known: NDArray[np.int64]) -> Calibration:
    """Learn the factors from forecasts whose makers had not seen the labels; all (n,), in log units."""
    if not len(label):
        return Calibration()
    down = (typical - label) / np.maximum(typical - low, 1e-3)
    up = (label - typical) / np.maximum(high - typical, 1e-3)
    lengths = np.searchsorted(LENGTHS, np.maximum(known, 1), side="right") - 1
    return Calibration(_by_length(down, lengths), _by_length(up, lengths))


def _by_length(score: Floats, lengths: NDArray[np.intp]) -> tuple[float, ...]:
    pooled = _conformal(score)
    factors = []
    for length in range(len(LENGTHS)):
        own = score[lengths == length]
        trust = len(own) / (len(own) + _POOLED_ROWS)
        factors.append(trust * _conformal(own) + (1 - trust) * pooled if len(own) else pooled)
    return tuple(float(np.clip(f, *_FACTOR)) for f in factors)


def _conformal(score: Floats) -> float:
    level = min(1.0, math.ceil((len(score) + 1) * (1 + COVERAGE) / 2) / len(score))
    return float(np.quantile(score, level))
