"""A small network, in NumPy: three quantiles under pinball losses, and a point under the relative error itself.

It sees what gradient boosting sees, and the latest posts one by one; the two err differently, and their mean is better
than either. scikit-learn's perceptron knows the squared loss only, and a deep-learning library would be the heaviest
dependency of the service for two matrix products.

Many inputs are the account's level at neighbouring time scales. Noise on the inputs (Bishop, "Training with noise is
equivalent to Tikhonov regularization", Neural Computation 1995) makes the network average over them instead of betting
on differences between two of them, which is what small sets of accounts tempt it to.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import Self

import numpy as np
from numpy.typing import NDArray

from predictions.engine.estimators.calibration import relative_median
from predictions.engine.types import Floats

Singles = NDArray[np.float32]

QUANTILES = (0.1, 0.5, 0.9)
"""Of the first outputs: low, typical, high. The last output is the point."""

OUTPUTS = len(QUANTILES) + 1
_LEVELS = np.array([*QUANTILES, 0.5], np.float32)

_HIDDEN = (64, 32)
_EPOCHS, _BATCH, _RATE, _DECAY, _DROPOUT = 20, 256, 2e-3, 1e-3, 0.2
_NOISE = 0.35
"""Standard deviation of the noise on the inputs, which span about -3..3."""

_MIN_STEPS = 600
_SMOOTH = 0.1
"""Gradients are linear within this distance (log units), so that Adam settles."""

_TYPICAL = 1
"""The output that attributions are of."""

_STEPS = 32
"""Of the path that attributions are summed along."""

_MAX_EXCESS = 2.0
"""A point further above its label (log units) pulls no harder than at this distance, where it pulls sevenfold."""


@dataclass(frozen=True, slots=True)
class Scaling:
    """Squashes each column to about -3..3 around its median; unknown becomes the median."""

    middle: Floats
    reach: Floats

    @classmethod
    def of(cls, columns: Floats) -> Self:
        """From the inputs (n, inputs) of training, NaN unknown."""
        known = np.where(np.isnan(columns).all(axis=0), 0.0, columns)
        low, middle, high = np.nanpercentile(known, [5, 50, 95], axis=0)
        return cls(middle, np.maximum((high - low) / 3.3, 1e-3))

    def apply(self, columns: Floats) -> Singles:
        """(n, inputs) of about one in size, none beyond three; what is unknown is in the middle."""
        scaled = np.nan_to_num(np.clip((columns - self.middle) / self.reach, -8, 8))
        return (3 * np.tanh(scaled / 3)).astype(np.float32)


@dataclass(frozen=True, slots=True)
class Network:
    """Two hidden layers; it gives quantiles and the point, relative to the base."""

    weights: tuple[Singles, ...]  # (inputs, 64), (64, 32), (32, outputs)
    biases: tuple[Singles, ...]

    def predict(self, inputs: Singles) -> Floats:
        """(n, OUTPUTS) from scaled inputs (n, columns)."""
        hidden = inputs
        for weight, bias in zip(self.weights[:-1], self.biases[:-1], strict=True):
            hidden = np.maximum(hidden @ weight + bias, 0)
        return (hidden @ self.weights[-1] + self.biases[-1]).astype(np.float64)

    def attributions(self, inputs: Singles) -> Floats:
        """(columns,) what each scaled input (columns,) adds to the typical output, compared with its middle.

        Integrated gradients (Sundararajan et al., "Axiomatic Attribution for Deep Networks", ICML 2017). They sum to
        the output's distance from that of an input with all columns in the middle, up to the path's finite steps.
        """
        hidden = ((np.arange(_STEPS, dtype=np.float32)[:, None] + np.float32(0.5)) / _STEPS) * inputs
        active = []
        for weight, bias in zip(self.weights[:-1], self.biases[:-1], strict=True):
            raw = hidden @ weight + bias
            active.append(raw > 0)
            hidden = np.maximum(raw, 0)
        slope = np.broadcast_to(self.weights[-1][:, _TYPICAL], hidden.shape)
        for weight, on in zip(reversed(self.weights[:-1]), reversed(active), strict=True):
            slope = (slope * on) @ weight.T
        added: Floats = (inputs * slope.mean(axis=0)).astype(np.float64)
        return added


def train_network(inputs: Singles, target: Floats, weight: Floats, seed: int) -> Network:
    """Adam (Kingma and Ba, 2015) with decoupled decay, a cosine schedule, dropout and noise on the inputs.

    `inputs` (n, columns) are scaled, `target` (n,) log counts, `weight` (n, OUTPUTS) for each output's loss.
    """
    random = np.random.default_rng(seed)
    sizes = [inputs.shape[1], *_HIDDEN, OUTPUTS]
    weights = [
        (random.normal(size=(a, b)) * np.sqrt((0.1 if b == OUTPUTS else 2.0) / a)).astype(np.float32)
        for a, b in pairwise(sizes)
    ]
    biases = [np.zeros(b, np.float32) for b in sizes[1:]]
    biases[-1][:] = [*np.quantile(target, QUANTILES), relative_median(target)]
    adam = _Adam([*weights, *biases], decayed=len(weights))
    y, w = target.astype(np.float32)[:, None], weight.astype(np.float32)
    batch = min(_BATCH, len(y))
    steps = max(_EPOCHS * (len(y) // batch), _MIN_STEPS)
    for step in range(steps):
        if step % (len(y) // batch) == 0:
            order = random.permutation(len(y))
        start = step % (len(y) // batch) * batch
        rows = order[start : start + batch]
        noise = random.standard_normal((batch, sizes[0]), dtype=np.float32)
        activations, masks = [inputs[rows] + np.float32(_NOISE) * noise], []
        for layer in range(len(_HIDDEN)):
            raw = activations[-1] @ weights[layer] + biases[layer]
            kept = (raw > 0) * (random.random(raw.shape, dtype=np.float32) > _DROPOUT) / np.float32(1 - _DROPOUT)
            masks.append(kept)
            activations.append(raw * kept)
        slope = _slopes(activations[-1] @ weights[-1] + biases[-1] - y[rows]) * w[rows] / np.float32(batch)
        by_weight: list[Singles] = []
        by_bias: list[Singles] = []
        for layer in reversed(range(len(weights))):
            by_weight.insert(0, activations[layer].T @ slope)
            by_bias.insert(0, slope.sum(axis=0))
            if layer:
                slope = (slope @ weights[layer].T) * masks[layer - 1]
        adam.step([*by_weight, *by_bias], _RATE * 0.5 * (1 + np.cos(np.pi * step / steps)))
    return Network(tuple(weights), tuple(biases))


def _slopes(excess: Singles) -> Singles:
    """Of the losses, by output; `excess` (n, OUTPUTS) is how far (log units) each output lies above the label.

    Pinball losses for the quantiles, |exp(excess) - 1| for the point: its relative error.
    """
    slopes: Singles = np.clip(excess / _SMOOTH, -1, 1) * np.float32(0.5) + (np.float32(0.5) - _LEVELS)
    ratio = np.exp(np.minimum(excess[:, -1], _MAX_EXCESS))
    slopes[:, -1] = np.clip((ratio - 1) / _SMOOTH, -1, 1) * ratio
    return slopes


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
