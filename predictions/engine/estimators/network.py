"""A small neural network: three quantiles under pinball losses, and a point under the relative error itself.

torch trains it and plain arrays serve it, so that no web process imports torch.

Many inputs are the account's level at neighbouring time scales. Noise on the inputs (Bishop, "Training with noise is
equivalent to Tikhonov regularization", Neural Computation 1995) makes the network average over them instead of betting
on differences between two of them, which small sets of accounts tempt it to.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from importlib.util import find_spec
from itertools import pairwise
from typing import TYPE_CHECKING, Self

import numpy as np
from numpy.typing import NDArray

from predictions.engine.archive import Arrays
from predictions.engine.estimators.calibration import is_liked, relative_median
from predictions.engine.features.rows import OUTPUTS, Rows
from predictions.engine.features.tabular import TABULAR
from predictions.engine.statistics import cap_account_shares
from predictions.engine.types import Floats

if TYPE_CHECKING:
    import torch

Singles = NDArray[np.float32]

_QUANTILES = (0.1, 0.5, 0.9)
"""Of the outputs low, typical and high."""
_TYPICAL = OUTPUTS.index("typical")
_HIDDEN = (64, 32)
_EPOCHS, _BATCH, _RATE, _DECAY, _DROPOUT = 20, 256, 2e-3, 1e-3, 0.2
_MIN_STEPS, _MAX_STEPS = 600, 3_000
"""Few rows are gone through more often; many are taken in larger batches."""
_NOISE = 0.35
"""Standard deviation of the noise on the inputs, which span about -3 to 3."""
_SMOOTH = 0.1
"""Losses are quadratic within this distance (log units), so that Adam settles."""
_MAX_EXCESS = 2.0
"""Log units above the label from which the point's loss grows linearly instead of exponentially."""


class TrainingNeedsTorch(RuntimeError):
    """torch is not installed; the message says how to install it."""


def require_torch() -> None:
    """Raise TrainingNeedsTorch where torch is not installed, without importing it, which takes seconds."""
    if find_spec("torch") is None:
        raise TrainingNeedsTorch("Training needs torch, which is not installed here: run `make setup`.")


@dataclass(frozen=True, slots=True)
class Network:
    """Two hidden layers and all four outputs, on inputs that are squashed to about -3 to 3 around their medians."""

    middle: Floats  # (inputs,)
    reach: Floats  # (inputs,)
    weights: tuple[Singles, ...]  # (inputs, 64), (64, 32), (32, outputs)
    biases: tuple[Singles, ...]

    @classmethod
    def fit(cls, rows: Rows, *, seed: int) -> Self:
        """Train on labels drawn from their uncertainty. Needs torch."""
        columns = np.where(np.isnan(rows.tabular).all(axis=0), 0.0, rows.tabular)
        low, middle, high = np.nanpercentile(columns, [5, 50, 95], axis=0)
        reach = np.maximum((high - low) / 3.3, 1e-3)
        drawn = rows.imputed(seed, draw=2)
        weight = cap_account_shares(rows.account, rows.sureness)
        liked = cap_account_shares(rows.account, rows.sureness * is_liked(drawn.label))
        inputs = _squashed(rows.tabular, middle, reach)
        layers = _train(inputs, drawn.target, np.stack([weight, weight, weight, liked], axis=1), seed)
        return cls(middle, reach, *layers)

    def predict(self, inputs: Floats) -> Floats:
        """Return (n, len(OUTPUTS))."""
        hidden = _squashed(inputs, self.middle, self.reach)
        for weight, bias in zip(self.weights[:-1], self.biases[:-1], strict=True):
            hidden = np.maximum(hidden @ weight + bias, 0)
        return (hidden @ self.weights[-1] + self.biases[-1]).astype(np.float64)

    def to_arrays(self) -> Arrays:
        """Return the scaling and, of each layer, the weights with the biases as their last row."""
        layers = {
            f"layer{i}": np.vstack([w, b]) for i, (w, b) in enumerate(zip(self.weights, self.biases, strict=True))
        }
        return {"middle": self.middle, "reach": self.reach, **layers}

    @classmethod
    def from_arrays(cls, arrays: Arrays) -> Self:
        """Restore it. Raises KeyError, and ValueError where the shapes do not fit the inputs and outputs."""
        layers = [arrays[f"layer{i}"] for i in range(len(_HIDDEN) + 1)]
        sizes = [len(TABULAR), *_HIDDEN, len(OUTPUTS)]
        expected = [(len(TABULAR),), (len(TABULAR),), *((a + 1, b) for a, b in pairwise(sizes))]
        if [x.shape for x in (arrays["middle"], arrays["reach"], *layers)] != expected:
            raise ValueError("the network has another shape than its inputs and outputs")
        return cls(arrays["middle"], arrays["reach"], tuple(x[:-1] for x in layers), tuple(x[-1] for x in layers))


def _squashed(inputs: Floats, middle: Floats, reach: Floats) -> Singles:
    """Scale inputs (..., columns); unknown ones become the median."""
    scaled = np.nan_to_num(np.clip((inputs - middle) / reach, -8, 8))
    return (3 * np.tanh(scaled / 3)).astype(np.float32)


def _train(
    inputs: Singles, target: Floats, weight: Floats, seed: int
) -> tuple[tuple[Singles, ...], tuple[Singles, ...]]:
    """Return weights and biases after AdamW (Loshchilov and Hutter, 2019) with a cosine schedule and dropout.

    `inputs` (n, columns), `target` (n,) log units relative to the base, `weight` (n, OUTPUTS) of each output's loss.
    """
    import torch

    random = torch.Generator().manual_seed(seed)
    sizes = [inputs.shape[1], *_HIDDEN, len(OUTPUTS)]
    weights = [torch.randn(a, b, generator=random) * math.sqrt(2.0 / a) for a, b in pairwise(sizes)]
    weights[-1] *= math.sqrt(0.05)  # begin near the biases
    biases = [torch.zeros(b) for b in sizes[1:]]
    biases[-1][:] = torch.tensor([*np.quantile(target, _QUANTILES), relative_median(target)])
    for parameter in (*weights, *biases):
        parameter.requires_grad_()
    groups = [{"params": weights, "weight_decay": _DECAY}, {"params": biases, "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups, lr=_RATE, fused=True)
    x, y, w = torch.from_numpy(inputs), torch.from_numpy(target).float()[:, None], torch.from_numpy(weight).float()
    batch = min(max(_BATCH, _EPOCHS * len(y) // _MAX_STEPS), len(y))
    steps = max(_EPOCHS * (len(y) // batch), _MIN_STEPS)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    order: list[torch.Tensor] = []
    for _ in range(steps):
        order = order or list(torch.randperm(len(y), generator=random)[: len(y) // batch * batch].split(batch))
        rows = order.pop()
        hidden = x[rows] + _NOISE * torch.randn(batch, sizes[0], generator=random)
        for layer in range(len(_HIDDEN)):
            hidden = torch.relu(torch.addmm(biases[layer], hidden, weights[layer]))
            hidden = hidden * ((torch.rand(hidden.shape, generator=random) > _DROPOUT) / (1 - _DROPOUT))
        excess = torch.addmm(biases[-1], hidden, weights[-1]) - y[rows]
        optimizer.zero_grad()
        (_losses(excess) * w[rows]).sum().div(batch).backward()
        optimizer.step()
        schedule.step()
    return tuple(p.detach().numpy() for p in weights), tuple(p.detach().numpy() for p in biases)


def _losses(excess: torch.Tensor) -> torch.Tensor:
    """Return each output's loss (n, OUTPUTS); `excess` is how far the output lies above the label, in log units.

    Smoothed pinball losses for the quantiles, |exp(excess) - 1| for the point: its relative error.
    """
    import torch

    def smooth_absolute(value: torch.Tensor) -> torch.Tensor:
        return torch.nn.functional.huber_loss(value, torch.zeros_like(value), reduction="none", delta=_SMOOTH) / _SMOOTH

    quantiles, point = excess[:, :-1], excess[:, -1:]
    pinball = 0.5 * smooth_absolute(quantiles) + (0.5 - torch.tensor(_QUANTILES)) * quantiles
    ratio = torch.exp(point.clamp(max=_MAX_EXCESS)) + math.exp(_MAX_EXCESS) * torch.relu(point - _MAX_EXCESS)
    return torch.cat([pinball, smooth_absolute(ratio - 1)], dim=1)
