"""A small network with pinball losses, in NumPy: three quantiles and a point that minimises the relative error.

It sees what gradient boosting sees, and the latest posts one by one; the two err differently, and their mean is better
than either. scikit-learn's perceptron knows the squared loss only, and a deep-learning library would be the heaviest
dependency of the service for two matrix products.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import Self

import numpy as np
from numpy.typing import NDArray

from predictions.engine.growth import Floats

Singles = NDArray[np.float32]

QUANTILES = (0.1, 0.5, 0.9, 0.5)
"""Of each output: low, typical, high; and the point, a median under weights 1 / count, which minimises MAPE."""

_HIDDEN = (64, 32)
_EPOCHS, _BATCH, _RATE, _DECAY, _DROPOUT = 20, 256, 2e-3, 1e-3, 0.1
_MIN_STEPS = 600
_SMOOTH = 0.1
"""Pinball gradients are linear within this distance (log units), so that Adam settles."""


@dataclass(frozen=True, slots=True)
class Scaling:
    """Squashes each column to about -3..3 around its median; unknown becomes the median."""

    middle: Floats
    reach: Floats

    @classmethod
    def of(cls, columns: Floats) -> Self:
        known = np.where(np.isnan(columns).all(axis=0), 0.0, columns)
        low, middle, high = np.nanpercentile(known, [5, 50, 95], axis=0)
        return cls(middle, np.maximum((high - low) / 3.3, 1e-3))

    def apply(self, columns: Floats) -> Singles:
        scaled = np.nan_to_num(np.clip((columns - self.middle) / self.reach, -8, 8))
        return (3 * np.tanh(scaled / 3)).astype(np.float32)


@dataclass(frozen=True, slots=True)
class Network:
    weights: tuple[Singles, ...]  # (inputs, 64), (64, 32), (32, outputs)
    biases: tuple[Singles, ...]

    def predict(self, inputs: Singles) -> Floats:
        """(n, len(QUANTILES)) from scaled inputs (n, columns)."""
        hidden = inputs
        for weight, bias in zip(self.weights[:-1], self.biases[:-1], strict=True):
            hidden = np.maximum(hidden @ weight + bias, 0)
        return (hidden @ self.weights[-1] + self.biases[-1]).astype(np.float64)


def train_network(inputs: Singles, target: Floats, weight: Floats, seed: int) -> Network:
    """Adam (Kingma and Ba, 2015) with decoupled decay, a cosine schedule and dropout.

    `inputs` (n, columns) are scaled, `target` (n,), `weight` (n, len(QUANTILES)) for each output's loss.
    """
    random = np.random.default_rng(seed)
    sizes = [inputs.shape[1], *_HIDDEN, len(QUANTILES)]
    weights = [
        (random.normal(size=(a, b)) * np.sqrt((0.1 if b == len(QUANTILES) else 2.0) / a)).astype(np.float32)
        for a, b in pairwise(sizes)
    ]
    biases = [np.zeros(b, np.float32) for b in sizes[1:]]
    biases[-1][:] = np.quantile(target, QUANTILES)
    adam = _Adam([*weights, *biases], decayed=len(weights))
    quantiles = np.array(QUANTILES, np.float32) - np.float32(0.5)
    y, w = target.astype(np.float32)[:, None], weight.astype(np.float32)
    batch = min(_BATCH, len(y))
    steps = max(_EPOCHS * (len(y) // batch), _MIN_STEPS)
    for step in range(steps):
        if step % (len(y) // batch) == 0:
            order = random.permutation(len(y))
        start = step % (len(y) // batch) * batch
        rows = order[start : start + batch]
        activations, masks = [inputs[rows]], []
        for layer in range(len(_HIDDEN)):
            raw = activations[-1] @ weights[layer] + biases[layer]
            kept = (raw > 0) * (random.random(raw.shape, dtype=np.float32) > _DROPOUT) / np.float32(1 - _DROPOUT)
            masks.append(kept)
            activations.append(raw * kept)
        miss = y[rows] - (activations[-1] @ weights[-1] + biases[-1])
        slope = -(np.clip(miss / _SMOOTH, -1, 1) * np.float32(0.5) + quantiles) * w[rows] / np.float32(batch)
        by_weight: list[Singles] = []
        by_bias: list[Singles] = []
        for layer in reversed(range(len(weights))):
            by_weight.insert(0, activations[layer].T @ slope)
            by_bias.insert(0, slope.sum(axis=0))
            if layer:
                slope = (slope @ weights[layer].T) * masks[layer - 1]
        adam.step([*by_weight, *by_bias], _RATE * 0.5 * (1 + np.cos(np.pi * step / steps)))
    return Network(tuple(weights), tuple(biases))


class _Adam:
    def __init__(self, parameters: list[Singles], decayed: int) -> None:
        self.parameters, self.decayed, self.steps = parameters, decayed, 0
        self.first = [np.zeros_like(p) for p in parameters]
        self.second = [np.zeros_like(p) for p in parameters]

    def step(self, slopes: list[Singles], rate: float) -> None:
        """Change the parameters in place; the first `decayed` of them also shrink."""
        self.steps += 1
        by_first, by_second = np.float32(1 / (1 - 0.9**self.steps)), np.float32(1 / (1 - 0.999**self.steps))
        for i, (parameter, slope) in enumerate(zip(self.parameters, slopes, strict=True)):
            self.first[i] += np.float32(0.1) * (slope - self.first[i])
            self.second[i] += np.float32(0.001) * (slope * slope - self.second[i])
            change = self.first[i] * by_first / (np.sqrt(self.second[i] * by_second) + np.float32(1e-8))
            if i < self.decayed:
                change += np.float32(_DECAY) * parameter
            parameter -= np.float32(rate) * change
