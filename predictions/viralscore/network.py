"""The fusion network. Imports torch, so only training imports it, and only when it trains.

Encoders turn each modality into tokens; learned queries, one for each sub-score and one for the quantiles, read all
tokens by cross-attention (Jaegle et al., "Perceiver", ICML 2021).
"""

import math
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from predictions.viralscore.examples import MODALITIES, QUANTILES, SUBSCORES, Inputs

WIDTH = 32
_HEADS = 4
_TOKENS = 4
"""Tokens of a modality that is one vector."""
_HIDDEN = 48
_DROPOUT = 0.2
_REACH = 3.0
"""Standard deviations within which inputs are about linear."""


class Encoder(nn.Module):  # type: ignore[misc]  # torch is not type-checked
    """Tokens (n, tokens, WIDTH) of one modality (n, length, width), and whether the post has it (n,)."""

    def __init__(self, values: np.ndarray[Any, Any]) -> None:
        """Scale by the training's `values` (n, length, width)."""
        super().__init__()
        _, self.length, width = values.shape
        flat = values.reshape(-1, width).astype(np.float64)
        known = ~np.isnan(flat)
        counts = np.maximum(known.sum(axis=0), 1)
        middle = np.where(known, flat, 0).sum(axis=0) / counts
        spread = np.sqrt((np.where(known, flat - middle, 0) ** 2).sum(axis=0) / counts)
        self.register_buffer("middle", torch.tensor(middle).float())
        self.register_buffer("reach", torch.tensor(np.where(spread > 1e-6, spread, 1.0)).float())
        self.dropout = nn.Dropout(_DROPOUT)

    def scaled(self, values: Tensor) -> tuple[Tensor, Tensor]:
        """Return squashed numbers, 0 where unknown, and whether anything is known in each row (n, length)."""
        unknown = torch.isnan(values)
        z = (torch.where(unknown, self.middle.expand_as(values), values) - self.middle) / self.reach
        known = 1 - unknown.float()
        return _REACH * torch.tanh(z / _REACH), known.amax(dim=2)


class VectorEncoder(Encoder):
    """Encode a modality of length 1 by a small perceptron, as several tokens."""

    def __init__(self, values: np.ndarray[Any, Any]) -> None:
        super().__init__(values)
        self.inner = nn.Linear(values.shape[2], _HIDDEN)
        self.outer = nn.Linear(_HIDDEN, _TOKENS * WIDTH)

    def forward(self, values: Tensor) -> tuple[Tensor, Tensor]:
        x, known = self.scaled(values)
        hidden = self.dropout(torch.relu(self.inner(self.dropout(x[:, 0]))))
        return self.outer(hidden).reshape(-1, _TOKENS, WIDTH), known.expand(-1, _TOKENS)


class SequenceEncoder(Encoder):
    """Encode a sequence by two 1-D convolutions, a token for each place."""

    def __init__(self, values: np.ndarray[Any, Any]) -> None:
        super().__init__(values)
        self.first = nn.Conv1d(values.shape[2], _HIDDEN, 3, padding=1)
        self.second = nn.Conv1d(_HIDDEN, WIDTH, 3, padding=1)
        self.place = nn.Parameter(torch.randn(self.length, WIDTH) * 0.02)

    def forward(self, values: Tensor) -> tuple[Tensor, Tensor]:
        x, known = self.scaled(values)
        hidden = self.dropout(torch.relu(self.first(x.transpose(1, 2))))
        return self.second(hidden).transpose(1, 2) + self.place, known


class Fusion(nn.Module):  # type: ignore[misc]
    """From the modalities to log odds of the sub-scores (n, 5) and quantiles (n, horizons, 3) of the log ratio."""

    def __init__(self, inputs: Inputs, horizons: int) -> None:
        super().__init__()
        arrays = {name: getattr(inputs, name) for name in MODALITIES}
        self.encoders = nn.ModuleDict(
            {name: (VectorEncoder if a.shape[1] == 1 else SequenceEncoder)(a) for name, a in arrays.items()}
        )
        self.kind = nn.Parameter(torch.randn(len(MODALITIES), WIDTH) * 0.02)
        # a token that is always there: without any modality the queries read this one
        self.nothing = nn.Parameter(torch.zeros(1, 1, WIDTH))
        self.queries = nn.Parameter(torch.randn(len(SUBSCORES) + 1, WIDTH) * 0.1)
        self.norm = nn.LayerNorm(WIDTH)
        self.keys, self.values = nn.Linear(WIDTH, WIDTH), nn.Linear(WIDTH, WIDTH)
        self.mix = nn.Linear(WIDTH, WIDTH)
        self.deepen = nn.Sequential(
            nn.LayerNorm(WIDTH),
            nn.Linear(WIDTH, 2 * WIDTH),
            nn.ReLU(),
            nn.Dropout(_DROPOUT),
            nn.Linear(2 * WIDTH, WIDTH),
        )
        self.subscores = nn.Parameter(torch.randn(len(SUBSCORES), WIDTH) * 0.05)
        self.subscore_bias = nn.Parameter(torch.zeros(len(SUBSCORES)))
        self.quantiles = nn.Linear(WIDTH, horizons * len(QUANTILES))
        self.raw_weights = nn.Parameter(torch.zeros(len(SUBSCORES)))
        self.horizons = horizons

    @property
    def weights(self) -> Tensor:
        """(5,) alpha to epsilon, positive."""
        return nn.functional.softplus(self.raw_weights)

    def forward(self, *modalities: Tensor) -> tuple[Tensor, Tensor]:
        """Take the modalities in the order of MODALITIES, each (n, length, width)."""
        tokens = [self.nothing.expand(modalities[0].shape[0], 1, WIDTH)]
        known = [torch.ones_like(modalities[0][:, :1, 0])]
        for i, (name, values) in enumerate(zip(MODALITIES, modalities, strict=True)):
            encoded, has = self.encoders[name](values)
            tokens.append(encoded + self.kind[i])
            known.append(has)
        read = self._attend(self.norm(torch.cat(tokens, dim=1)), torch.cat(known, dim=1))
        read = read + self.deepen(read)
        heads = (read[:, :-1] * self.subscores).sum(dim=2) + self.subscore_bias
        raw = self.quantiles(read[:, -1]).reshape(-1, self.horizons, len(QUANTILES))
        middle = raw[:, :, 1:2]
        below, above = nn.functional.softplus(raw[:, :, :1]), nn.functional.softplus(raw[:, :, 2:])
        return heads, torch.cat([middle - below, middle, middle + above], dim=2)

    def _attend(self, tokens: Tensor, known: Tensor) -> Tensor:
        """Return what each query reads of the known tokens (n, queries, WIDTH)."""

        def split(x: Tensor) -> Tensor:
            return x.reshape(x.shape[0], -1, _HEADS, WIDTH // _HEADS).transpose(1, 2)

        queries = split(self.queries[None])
        scores = queries @ split(self.keys(tokens)).transpose(2, 3) / math.sqrt(WIDTH / _HEADS)
        scores = scores - 1e4 * (1 - known)[:, None, None, :]
        read = torch.softmax(scores, dim=3) @ split(self.values(tokens))
        return self.queries[None] + self.mix(read.transpose(1, 2).reshape(-1, len(SUBSCORES) + 1, WIDTH))
