"""Account weights: a small vector per account that corrects the global model, learned post by post.

Bayesian linear regression (Bishop, "Pattern Recognition and Machine Learning", 3.3) of what the global model missed, in
units of the spread of its forecast. The prior means "no correction"; training finds how strong it must be, and pins the
weights to zero where they do not pay.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from predictions.engine.archive import Parameters
from predictions.engine.features.tabular import TABULAR
from predictions.engine.types import Floats

WEIGHTS = ("level", "likeness", "hour", "duration", "trend", "caption_length")
"""A constant, and slopes on the columns below."""

_COLUMNS = [TABULAR.index(c) for c in ("gp_content", "own_hour", "duration_unusual", "trend_10", "length_unusual")]
_UNITS = np.array([0.3, 0.3, 0.5, 0.5, 0.8])  # typical sizes of those columns, log units
_CLIP = 2.5
"""A miss counts as at most so many standard deviations, so that one viral post does not bend the weights."""
_MEAN_ABSOLUTE = 0.8
"""E|x| of a standard normal, in which the noise is measured."""


@dataclass(frozen=True, slots=True)
class WeightPrior(Parameters):
    """Prior variances of the weights, forgetting per post, and posts' worth of "the noise is as promised"."""

    level_variance: float = 0.01
    slope_variance: float = 0.003
    memory: float = 0.98
    noise_posts: float = 30.0


class Weights:
    """The posterior of one account's weights."""

    def __init__(self, prior: WeightPrior, precision: Floats | None = None, evidence: Floats | None = None) -> None:
        """Start from the prior, or from a stored posterior.

        `precision` is (d, d); `evidence` (d + 2,) holds weighted misses, the sum of their sizes, and their number.
        """
        size = len(WEIGHTS)
        self.prior = prior
        self.precision = np.zeros((size, size)) if precision is None else precision
        self.evidence = np.zeros(size + 2) if evidence is None else evidence
        if self.precision.shape != (size, size) or self.evidence.shape != (size + 2,):
            raise ValueError("the account weights have another shape")

    def vector(self) -> Floats:
        """Return the posterior mean (len(WEIGHTS),), in units of the forecast's spread."""
        variances = np.array([self.prior.level_variance] + [self.prior.slope_variance] * (len(WEIGHTS) - 1))
        free = variances > 0
        vector = np.zeros(len(WEIGHTS))
        if free.any() and self.evidence[-1] > 0:
            precision = self.precision[np.ix_(free, free)] + np.diag(1 / variances[free])
            vector[free] = np.linalg.solve(precision, self.evidence[: len(WEIGHTS)][free])
        return vector

    def noise(self) -> float:
        """Return how much wider (above one) or narrower the account's misses are than forecast, shrunk to one."""
        total, posts = self.evidence[-2:]
        return float((self.prior.noise_posts + total) / (self.prior.noise_posts + posts))

    def summary(self) -> dict[str, float]:
        """Return the weights by name, the noise, and how many posts were learned, as people and the API read them."""
        values = {name: round(float(value), 6) for name, value in zip(WEIGHTS, self.vector(), strict=True)}
        return values | {"noise": round(self.noise(), 6), "posts_learned": round(float(self.evidence[-1]), 3)}

    def learn(self, row: Floats, miss: float) -> None:
        """Learn from one post: its inputs, and label less the global model's typical over its spread."""
        clipped = float(np.clip(miss, -_CLIP, _CLIP))
        corrected = float(np.clip(miss - row @ self.vector(), -_CLIP, _CLIP))
        self.precision = self.prior.memory * self.precision + np.outer(row, row)
        learned = np.append(row * clipped, [abs(corrected) / _MEAN_ABSOLUTE, 1.0])
        self.evidence = self.prior.memory * self.evidence + learned


def weight_inputs(tabular: Floats) -> Floats:
    """Return inputs (n, len(WEIGHTS)) from features (n, len(TABULAR)); unknown ones are zero."""
    columns = np.nan_to_num(np.clip(tabular[:, _COLUMNS] / _UNITS, -3, 3))
    return np.hstack([np.ones((len(tabular), 1)), columns])


@dataclass(frozen=True, slots=True)
class Replay:
    """Weights over n forecasts in order."""

    shift: Floats  # (n,) what the weights add to each forecast, in units of its spread
    noise: Floats  # (n,) factor on the interval's width
    weights: Weights
    """As they stand after the last row."""


def replay(
    prior: WeightPrior, posted_at: NDArray[np.int64], inputs: Floats, miss: Floats, known_from: NDArray[np.int64]
) -> Replay:
    """Go through one account's posts in order: forecast each with weights from earlier labels, then learn from it.

    Label i updates only weights used at or after `known_from[i]`; NaN misses are skipped.
    """
    weights = Weights(prior)
    shift, noise = np.zeros(len(miss)), np.ones(len(miss))
    learned = 0
    # after the last post, all labels are learned
    for i, moment in enumerate([*posted_at, np.inf]):
        while learned < i and known_from[learned] <= moment:
            if not np.isnan(miss[learned]):
                weights.learn(inputs[learned], float(miss[learned]))
            learned += 1
        if i < len(miss):
            shift[i], noise[i] = inputs[i] @ weights.vector(), weights.noise()
    return Replay(shift, noise, weights)
