"""Train the base on many creators' captions, and adapt it to one creator's in four ways."""

import copy
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from predictions.captions.training.network import PAD, Example, Values, Writer, add_adapters, padded, word_logs
from predictions.engine.types import Floats

C = TypeVar("C")

BASE_EPOCHS = 8
BASE_RATE = 4e-3
BASE_BATCH = 32
BATCH = 16
MOST_EPOCHS = 5
PATIENCE = 2
"""Epochs without a better slice after which an adaptation ends."""
MASK_STEPS = 20
"""Steps over which |gradient| is added up before the mask is drawn anew."""
CHECKED_SHARE = 0.15
"""Share of a creator's earlier captions, the latest of them, that an adaptation is stopped by, and learns from last."""
_STANDARDISE = 12**0.5
"""One over the deviation of a rank between 0 and 1."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """The objective: samples weigh 1 + `weight` x V; an estimate of V adds `auxiliary` times its squared error."""

    weight: float = 1.0
    auxiliary: float = 0.1


class Way(StrEnum):
    """An adaptation: of all values, of adapters, or of as many places as the adapters have."""

    FULL = "full tuning"
    ADAPTERS = "LoRA"
    GRADIENT = "gradient mask"
    RANDOM = "random mask"


RATES = {Way.FULL: 1e-3, Way.ADAPTERS: 5e-3, Way.GRADIENT: 2e-3, Way.RANDOM: 1.5e-2}
"""Learning rates, each chosen on the slices of a few creators: a random mask needs larger steps."""


@dataclass(frozen=True, slots=True)
class Adapted:
    """A writer adapted to a creator, and what that took."""

    writer: Writer
    checked: list[Floats]
    """log P of the words of the slice before it was learned from."""
    epochs: int
    trained: int
    """Values trained at a time."""
    changed: int
    """Values that differ from the base in the end: what would be kept."""
    bytes: int
    """Of values, gradients, Adam's means, and the mask; not of activations."""
    seconds: float
    """Of CPU."""


def train_base(examples: Sequence[Example], pieces: int, recipe: Recipe, seed: int) -> Writer:
    """Return a writer that learned from many creators' captions."""
    torch.manual_seed(seed)
    torch.set_num_threads(1)
    writer = Writer(pieces)
    adam = torch.optim.AdamW(writer.parameters(), BASE_RATE, betas=(0.9, 0.98), weight_decay=0.1)
    generator = np.random.default_rng(seed)
    steps = BASE_EPOCHS * -(-len(examples) // BASE_BATCH)
    slope = torch.optim.lr_scheduler.OneCycleLR(adam, BASE_RATE, total_steps=steps, pct_start=0.1)
    for _ in range(BASE_EPOCHS):
        for batch in _batches(examples, generator, BASE_BATCH):
            adam.zero_grad()
            _loss(writer, batch, recipe).backward()
            torch.nn.utils.clip_grad_norm_(writer.parameters(), 1.0)
            adam.step()
            slope.step()
    return writer


def adapt(base: Writer, way: Way, earlier: Sequence[Example], recipe: Recipe, seed: int) -> Adapted:
    """Return the base adapted to a creator's earlier captions, which are in order of publishing."""
    began = time.process_time()
    torch.manual_seed(seed)
    generator = np.random.default_rng(seed)
    learned, checked = cut(earlier)
    size = add_adapters(adapters := copy.deepcopy(base))
    writer = adapters if way is Way.ADAPTERS else copy.deepcopy(base)
    tuning = _Tuning(writer, way, size, recipe, generator)
    before = tuning.values.vector.clone()
    best_logs = word_logs(writer, checked)
    best, best_epoch, epoch = before, 0, 0
    while epoch < MOST_EPOCHS and epoch - best_epoch < PATIENCE:
        epoch += 1
        tuning.learn(learned)
        logs = word_logs(writer, checked)
        if _total(logs) > _total(best_logs):
            best, best_logs, best_epoch = tuning.values.vector.clone(), logs, epoch
    tuning.values.restore(best)
    for _ in range(best_epoch):
        tuning.learn(checked)
    changed = int((tuning.values.vector != before).sum())
    held = tuning.bytes + 4 * sum(each.numel() for each in writer.parameters())
    seconds = time.process_time() - began
    return Adapted(writer, best_logs, best_epoch, len(tuning.values.places), changed, held, seconds)


def cut(earlier: Sequence[C]) -> tuple[Sequence[C], Sequence[C]]:
    """Return the captions to learn from and the later slice to check by."""
    at = len(earlier) - max(int(CHECKED_SHARE * len(earlier)), 1)
    return earlier[:at], earlier[at:]


class _Tuning:
    """An adaptation under way. A mask is drawn by the |gradient| of the steps before it, the first without a step."""

    def __init__(self, writer: Writer, way: Way, size: int, recipe: Recipe, generator: np.random.Generator) -> None:
        """`size`: places of a mask."""
        self.values = Values(writer, RATES[way])
        self._writer, self._way, self._recipe, self._generator = writer, way, recipe, generator
        self._masked = way in (Way.GRADIENT, Way.RANDOM)
        self._size, self._steps = size, 0
        self._added = torch.zeros_like(self.values.vector)

    def learn(self, examples: Sequence[Example]) -> None:
        """Go through the captions once."""
        if self._masked and not self._steps:
            for batch in list(_batches(examples, self._generator))[:MASK_STEPS]:
                self._backward(batch)
                self.values.gradient.zero_()
        for batch in _batches(examples, self._generator):
            if self._masked and self._steps % MASK_STEPS == 0:
                self._draw_mask()
            self._steps += 1
            self._backward(batch)
            self.values.step()

    @property
    def bytes(self) -> int:
        """Bytes of gradients, of Adam's two means, of the mask's places and of the sums that it is drawn by."""
        sums = len(self._added) if self._way is Way.GRADIENT else 0
        return 4 * (len(self.values.gradient) + sums) + (16 if self._masked else 8) * len(self.values.places)

    def _backward(self, batch: Sequence[Example]) -> None:
        _loss(self._writer, batch, self._recipe).backward()
        if self._masked:
            self._added += self.values.gradient.abs()

    def _draw_mask(self) -> None:
        by = self._added if self._way is Way.GRADIENT else torch.rand(len(self._added))
        self.values.choose(by.topk(self._size).indices)
        self._added.zero_()


def _loss(writer: Writer, batch: Sequence[Example], recipe: Recipe) -> Tensor:
    writer.train()
    pieces = padded(batch)
    logs, values = writer(pieces[:, :-1])
    targets = pieces[:, 1:]
    real = targets != PAD
    v = torch.tensor([each.value for each in batch], dtype=torch.float32)
    # V is 0.5 on average
    weights = ((1 + recipe.weight * v) / (1 + recipe.weight / 2))[:, None]
    loss = (weights * real * F.nll_loss(logs.transpose(1, 2), targets, reduction="none")).sum() / real.sum()
    if recipe.auxiliary:
        estimates = (values * real).sum(1) / real.sum(1)
        loss = loss + recipe.auxiliary * F.mse_loss(estimates, (v - 0.5) * _STANDARDISE)
    return loss


def _batches(
    examples: Sequence[Example], generator: np.random.Generator, size: int = BATCH
) -> Iterator[Sequence[Example]]:
    """Yield all captions once in batches of similar length, in a random order."""
    by_length = sorted(generator.permutation(len(examples)), key=lambda i: len(examples[i].pieces))
    for start in generator.permutation(range(0, len(by_length), size)):
        yield [examples[i] for i in by_length[start : start + size]]


def _total(logs: Sequence[Floats]) -> float:
    return float(sum(each.sum() for each in logs))
