"""Examples: posts as they were known when they were published, by modality, with what became of them.

Content files and an installation's histories fill the same arrays, so one network serves both.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from posts.content.embeddings import EMBEDDING_STEPS
from predictions.engine.data.history import COVER, Content
from predictions.engine.types import Columns

Singles = NDArray[np.float32]

MODALITIES = ("text", "picture", "sound", "table", "past")
"""Text of the caption, the cover, the sound, behaviour and time, and the account's last posts."""
SUBSCORES = ("E", "H", "R", "S", "T")
"""Emotion, hook, replicability, share trigger, trend match."""
QUANTILES = (0.1, 0.5, 0.9)
UNTRAINED = (1, 1)
"""(length, width) of a modality that no example has."""


@dataclass(frozen=True, slots=True)
class Inputs(Columns):
    """n posts. Each modality is (n, length, width): a sequence of vectors, of length 1 where there is one.

    NaN is unknown; a modality whose numbers are all NaN is missing for that post.
    """

    text: Singles
    picture: Singles
    sound: Singles
    table: Singles
    past: Singles

    @classmethod
    def of(cls, n: int, modalities: Mapping[str, NDArray[np.floating]]) -> Self:
        """Return the inputs of n posts; modalities that are not named are missing, vectors (n, width) have length 1."""
        filled = {m: np.full((n, *UNTRAINED), np.nan, dtype=np.float32) for m in MODALITIES}
        for name, values in modalities.items():
            filled[name] = (values[:, None] if values.ndim == 2 else values).astype(np.float32)
        return cls(**filled)

    def only(self, *modalities: str) -> Self:
        """Return the inputs with all other modalities missing."""
        missing = {m: np.full_like(getattr(self, m), np.nan) for m in MODALITIES if m not in modalities}
        return replace(self, **missing)

    @property
    def shapes(self) -> dict[str, tuple[int, int]]:
        """(length, width) of each modality."""
        return {m: getattr(self, m).shape[1:] for m in MODALITIES}


@dataclass(frozen=True, slots=True)
class Examples(Columns):
    """n posts with targets; rows of one account stand together, in order of publishing."""

    inputs: Inputs
    account: NDArray[np.int64]  # (n,)
    posted_at: NDArray[np.int64]  # (n,) epoch seconds
    target: Singles  # (n, horizons) log of the post's counts over its account's own level, NaN unknown
    weak: Singles  # (n, len(SUBSCORES)) weak labels from 0 to 1, NaN unknown


def text_of(content: Content) -> Singles:
    """Return the text's vector: hashed words and letter groups, the sentence encoder's direction, and measures."""
    return np.concatenate([content.embedding / EMBEDDING_STEPS, content.numbers[: -len(COVER)]]).astype(np.float32)


def value_of(heads: NDArray[np.floating], weights: NDArray[np.floating]) -> Singles:
    """Return V (n,), 0 to 1: sigmoid(alpha E + beta H + gamma R + delta S + epsilon T).

    `heads` (n, 5) are the sub-scores as log odds, `weights` (5,) alpha to epsilon, none of them negative. A half means:
    as likely above the account's own level as below it.
    """
    value: Singles = (1 / (1 + np.exp(-np.clip(heads @ weights, -30, 30)))).astype(np.float32)
    return value
