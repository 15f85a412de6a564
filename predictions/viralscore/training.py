"""Train the fusion network on examples and export it for ONNX Runtime. Needs torch, which is imported here alone."""

from __future__ import annotations

import io
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from predictions.engine.estimators.network import require_torch
from predictions.viralscore.examples import MODALITIES, QUANTILES, Examples, Inputs
from predictions.viralscore.scorer import FusionModel, Scorer

if TYPE_CHECKING:
    from torch import Tensor

_BLOCK = 8
"""Successive posts of an account that stay together in a batch: they are ranked against each other."""
_BLOCKS = 16
_RATE, _DECAY = 2e-3, 5e-2
_SMOOTH = 0.1
"""Losses are quadratic within this distance (log units)."""
_NEAR = 28 * 86_400
"""Seconds between two posts of an account within which they are ranked."""
_OPSET = 17


@dataclass(frozen=True, slots=True)
class Recipe:
    """Weights of the losses beside the quantiles', and how long and with how much left out to train."""

    beats_level: float = 0.5
    ranking: float = 0.5
    subscores: float = 0.3
    left_out: float = 0.25
    """Probability that a modality is left out of an example, so that any subset of them can be scored."""
    epochs: int = 12
    min_steps: int = 300
    selector: float = 0.0
    """Lambda of the high-value selector: examples weigh 1 + lambda V, by the V of a first training."""


def train(examples: Examples, *, seed: int, recipe: Recipe = Recipe()) -> FusionModel:
    """Train on the examples, of which there is at least one with a target. Raises TrainingNeedsTorch without torch.

    The same examples and seed give the same model.
    """
    require_torch()
    weight = np.ones(len(examples), dtype=np.float32)
    if recipe.selector:
        first = train(examples, seed=seed, recipe=replace(recipe, selector=0.0))
        weight += np.float32(recipe.selector) * Scorer(first).score(examples.inputs).value
    return _fitted(examples, weight / weight.mean(), seed, recipe)


def _fitted(examples: Examples, weight: NDArray[np.float32], seed: int, recipe: Recipe) -> FusionModel:
    import torch

    from predictions.viralscore.network import Fusion

    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # one thread sums in one order
    try:
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            network = Fusion(examples.inputs, examples.target.shape[1])
            tensors = [torch.from_numpy(getattr(examples.inputs, m)) for m in MODALITIES]
            target, weak = torch.from_numpy(examples.target), torch.from_numpy(examples.weak)
            account, moment = torch.from_numpy(examples.account), torch.from_numpy(examples.posted_at)
            shares = torch.from_numpy(weight)
            batches = _Batches(
                len(examples), max(recipe.min_steps, recipe.epochs * len(examples) // (_BLOCK * _BLOCKS))
            )
            optimizer = torch.optim.AdamW(network.parameters(), lr=_RATE, weight_decay=_DECAY)
            schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 2 * _RATE, total_steps=batches.steps)
            network.train()
            for rows in batches:
                kept = torch.rand(len(rows), len(MODALITIES)) >= recipe.left_out
                inputs = [torch.where(kept[:, i, None, None], x[rows], torch.nan) for i, x in enumerate(tensors)]
                heads, quantiles = network(*inputs)
                value = heads @ network.weights
                w, y = shares[rows], target[rows]
                loss = _pinball(quantiles, y, w)
                loss = loss + recipe.beats_level * _beats_level(value, y, w)
                loss = loss + recipe.ranking * _ranking(value, y, account[rows], moment[rows])
                loss = loss + recipe.subscores * _agreement(heads, weak[rows], w)
                optimizer.zero_grad()
                loss.backward()
                torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
                optimizer.step()
                schedule.step()
            network.eval()
            weights = network.weights.detach().numpy().copy()
            return FusionModel(_exported(network, examples.inputs), weights, examples.inputs.shapes)
    finally:
        torch.set_num_threads(threads)


class _Batches:
    """Yield the rows of each step: blocks of neighbouring rows, drawn anew in each epoch."""

    def __init__(self, n: int, steps: int) -> None:
        self.n, self.steps = n, steps

    def __iter__(self) -> Any:
        import torch

        waiting: list[Tensor] = []
        for _ in range(self.steps):
            if not waiting:
                # blocks begin at another place each time, so that all neighbours meet
                start = int(torch.randint(_BLOCK, ()))
                blocks = torch.arange(self.n).roll(-start).split(_BLOCK)
                order = torch.randperm(len(blocks)).split(_BLOCKS)
                waiting = [torch.cat([blocks[int(i)] for i in chosen]) for chosen in order]
            yield waiting.pop()


def _mean(losses: Tensor, known: Tensor, weight: Tensor) -> Tensor:
    """Return the weighted mean of losses over what is known, 0 where nothing is."""
    import torch

    w = known * weight
    return (torch.where(known, losses, 0.0) * w).sum() / w.sum().clamp(min=1.0)


def _pinball(quantiles: Tensor, target: Tensor, weight: Tensor) -> Tensor:
    """Return the smoothed pinball loss of quantiles (n, horizons, 3); targets (n, horizons) may be NaN."""
    import torch

    known = ~torch.isnan(target)[:, :, None].expand_as(quantiles)
    excess = quantiles - torch.nan_to_num(target)[:, :, None]
    absolute = torch.nn.functional.huber_loss(excess, torch.zeros_like(excess), reduction="none", delta=_SMOOTH)
    losses = 0.5 * absolute / _SMOOTH + (0.5 - torch.tensor(QUANTILES)) * excess
    return _mean(losses, known, weight[:, None, None].expand_as(quantiles))


def _beats_level(value: Tensor, target: Tensor, weight: Tensor) -> Tensor:
    """Return the cross-entropy of V (log odds) with being above the account's own level at the first known horizon."""
    import torch

    first = _first_known(target)
    losses = torch.nn.functional.binary_cross_entropy_with_logits(value, (first > 0).float(), reduction="none")
    return _mean(losses, ~torch.isnan(first), weight)


def _ranking(value: Tensor, target: Tensor, account: Tensor, moment: Tensor) -> Tensor:
    """Return the logistic loss over pairs of an account's posts near in time (RankNet, Burges et al., 2005)."""
    import torch

    first = _first_known(target)
    better = (first[:, None] > first[None]) & (account[:, None] == account[None])
    better &= (moment[:, None] - moment[None]).abs() < _NEAR
    losses = torch.nn.functional.softplus(value[None] - value[:, None])
    return _mean(losses, better, torch.ones_like(losses))


def _agreement(heads: Tensor, weak: Tensor, weight: Tensor) -> Tensor:
    """Return the cross-entropy of sub-scores (log odds) with weak labels (n, 5), NaN unknown."""
    import torch

    known = ~torch.isnan(weak)
    soft = torch.nan_to_num(weak)
    losses = torch.nn.functional.binary_cross_entropy_with_logits(heads, soft, reduction="none")
    return _mean(losses, known, weight[:, None].expand_as(losses))


def _first_known(target: Tensor) -> Tensor:
    """Return each row's first known target (n,), NaN where there is none."""
    import torch

    first = target[:, 0]
    for column in target.unbind(dim=1)[1:]:
        first = torch.where(torch.isnan(first), column, first)
    return first


def _exported(network: Any, inputs: Inputs) -> bytes:
    import torch

    file = io.BytesIO()
    example = tuple(torch.zeros(2, *shape) for shape in inputs.shapes.values())
    # the exporter that `dynamo` stands for needs onnxscript, and gives the same network
    torch.onnx.export(
        network, example, file, dynamo=False, opset_version=_OPSET,
        input_names=list(MODALITIES), output_names=["heads", "quantiles"],
        dynamic_axes={name: {0: "n"} for name in (*MODALITIES, "heads", "quantiles")},
    )  # fmt: skip
    return file.getvalue()
