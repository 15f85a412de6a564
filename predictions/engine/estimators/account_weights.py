"""Account weights: a small vector per account that corrects the global model, learned post by post.

Bayesian linear regression (Bishop, "Pattern Recognition and Machine Learning", 3.3) on what the global model missed,
in units of the spread it had promised. The prior says "no correction"; training finds how strong it must be, and may
find that corrections do not pay: then it pins them to zero.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from predictions.engine.features.tabular import TABULAR
from predictions.engine.types import Floats

WEIGHTS = ("level", "likeness", "hour", "duration", "trend", "caption_length")
"""A constant, and slopes on the draft's likeness to earlier posts (the process's content part), on how the hour did,
on an unusual duration, on the trend and on an unusual caption length."""

_COLUMNS = [TABULAR.index(c) for c in ("process_content", "own_hour", "duration_unusual", "trend_10", "length_unusual")]
_UNITS = np.array([0.3, 0.3, 0.5, 0.5, 0.8])  # typical sizes of those columns, log units
_CLIP = 2.5
"""A miss counts as at most so many standard deviations, so that one viral post does not bend the weights."""

_MEAN_ABSOLUTE = 0.8
"""E|x| of a standard normal, as the noise is measured by it."""


@dataclass(frozen=True, slots=True)
class WeightPrior:
    """Prior variances of the level and of the slopes; how much a post is forgotten with each new one; and how many
    posts' worth of "the noise is as promised" stand at the beginning."""

    level_variance: float = 0.01
    slope_variance: float = 0.003
    memory: float = 0.98
    noise_posts: float = 30.0

    def to_json(self) -> dict[str, Any]:
        """For the artefact."""
        return {f: getattr(self, f) for f in self.__slots__}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """What `to_json` gave."""
        return cls(**{name: float(data[name]) for name in cls.__slots__})


class Weights:
    """What has been learned of one account so far."""

    def __init__(self, prior: WeightPrior, precision: Floats | None = None, evidence: Floats | None = None) -> None:
        """`precision` (d, d) and `evidence` (d + 2,: weighted misses; their absolute sum; their number) are a state."""
        size = len(WEIGHTS)
        self.prior = prior
        self.precision = np.zeros((size, size)) if precision is None else precision
        self.evidence = np.zeros(size + 2) if evidence is None else evidence

    def vector(self) -> Floats:
        """(len(WEIGHTS),) posterior mean, in units of the promised spread."""
        variances = np.array([self.prior.level_variance] + [self.prior.slope_variance] * (len(WEIGHTS) - 1))
        free = variances > 0
        vector = np.zeros(len(WEIGHTS))
        if free.any() and self.evidence[-1] > 0:
            precision = self.precision[np.ix_(free, free)] + np.diag(1 / variances[free])
            vector[free] = np.linalg.solve(precision, self.evidence[: len(WEIGHTS)][free])
        return vector

    def noise(self) -> float:
        """How much wider (above one) or narrower the account's misses are than promised, shrunk towards one."""
        total, posts = self.evidence[-2:]
        return float((self.prior.noise_posts + total) / (self.prior.noise_posts + posts))

    def learn(self, row: Floats, miss: float) -> None:
        """Take in one post: its inputs (see `inputs`) and label less typical forecast, over the promised spread.

        The miss is that of the global model, without the account's weights.
        """
        clipped = float(np.clip(miss, -_CLIP, _CLIP))
        corrected = float(np.clip(miss - row @ self.vector(), -_CLIP, _CLIP))
        self.precision = self.prior.memory * self.precision + np.outer(row, row)
        learned = np.append(row * clipped, [abs(corrected) / _MEAN_ABSOLUTE, 1.0])
        self.evidence = self.prior.memory * self.evidence + learned


def inputs(tabular: Floats) -> Floats:
    """(n, len(WEIGHTS)) from the features (n, len(TABULAR)); an unknown one moves nothing."""
    columns = np.nan_to_num(np.clip(tabular[:, _COLUMNS] / _UNITS, -3, 3))
    return np.hstack([np.ones((len(tabular), 1)), columns])


@dataclass(frozen=True, slots=True)
class Walk:
    """What weights did for n forecasts gone through in order."""

    shift: Floats  # (n,) what the weights add to each forecast, in units of its spread
    noise: Floats  # (n,) factor on the interval's width
    weights: Weights
    """As they stand after the last row."""


def walk(
    prior: WeightPrior,
    posted_at: Sequence[int] | np.ndarray[Any, np.dtype[np.int64]],
    row_inputs: Floats,
    miss: Floats,
    known_from: NDArray[np.int64],
) -> Walk:
    """Go through one account's posts in order: forecast each with what earlier labels taught, then learn from it.

    A label (n,) teaches only forecasts of posts published from `known_from` on, after those of earlier posts; NaN
    teaches nothing.
    """
    weights = Weights(prior)
    shift, noise = np.zeros(len(miss)), np.ones(len(miss))
    learned = 0
    vector, factor = weights.vector(), weights.noise()
    for i, moment in enumerate(posted_at):
        before = learned
        while learned < i and known_from[learned] <= moment:
            if not np.isnan(miss[learned]):
                weights.learn(row_inputs[learned], float(miss[learned]))
            learned += 1
        if learned > before:
            vector, factor = weights.vector(), weights.noise()
        shift[i], noise[i] = row_inputs[i] @ vector, factor
    for i in range(learned, len(miss)):
        if not np.isnan(miss[i]):
            weights.learn(row_inputs[i], float(miss[i]))
    return Walk(shift, noise, weights)
