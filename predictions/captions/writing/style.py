"""Style of a creator: mean and spread of caption embeddings and of measures, and how alike a candidate is."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import emoji
import numpy as np

from posts.content.captions import CaptionMeasures
from posts.content.embeddings import EMBEDDING_STEPS
from predictions.captions.writing.tokens import bare_words, hashtags_of, without_hashtags
from predictions.engine.types import Floats

_LEAST_SPREAD = 0.35
"""Log units: somebody who always has two hashtags may have one."""


@dataclass(frozen=True, slots=True)
class Style:
    """Derived from a creator's captions; personal data, as the captions are."""

    middle: Floats  # (EMBEDDING_SIZE,) mean of the embeddings, of length one
    mean: Floats  # of the measures: length, words, question and exclamation marks, emoji, capitals, hashtags
    spread: Floats  # their standard deviation, floored
    surfaces: Floats  # (n,) of the own captions: distances of their measures from the mean, ascending
    distances: Floats  # (n,) the same with that of the embedding

    @classmethod
    def of(cls, captions: Sequence[tuple[str, CaptionMeasures]]) -> Self:
        """Return the style of two captions or more."""
        embeddings = np.array([measures.embedding for _text, measures in captions], dtype=float) / EMBEDDING_STEPS
        middle = embeddings.mean(axis=0)
        middle /= float(np.linalg.norm(middle)) or 1.0
        surfaces = np.array([_surface(text) for text, _measures in captions])
        spread = np.maximum(surfaces.std(axis=0), _LEAST_SPREAD)
        made = cls(middle, surfaces.mean(axis=0), spread, np.zeros(0), np.zeros(0))
        apart = np.array([made._surface_distance(text) for text, _measures in captions])
        unlike = np.array([made._topic_distance(measures) for _text, measures in captions])
        return cls(made.middle, made.mean, made.spread, np.sort(apart), np.sort(apart + unlike))

    def surface_similarity(self, text: str) -> float:
        """Return the share of the own captions that are further from the usual length, signs and hashtags. Cheap."""
        return _share_beyond(self.surfaces, self._surface_distance(text))

    def similarity(self, text: str, measures: CaptionMeasures) -> float:
        """Return the share of the own captions that are further from the creator's middle, the topic too."""
        return _share_beyond(self.distances, self._surface_distance(text) + self._topic_distance(measures))

    def _surface_distance(self, text: str) -> float:
        apart = (_surface(text) - self.mean) / self.spread
        return math.sqrt(float(np.mean(apart**2)))

    def _topic_distance(self, measures: CaptionMeasures) -> float:
        embedding = np.asarray(measures.embedding, dtype=float) / EMBEDDING_STEPS
        length = float(np.linalg.norm(embedding)) or 1.0
        return 1.0 - float(embedding @ self.middle) / length


def _share_beyond(ascending: Floats, distance: float) -> float:
    return (len(ascending) - int(np.searchsorted(ascending, distance))) / len(ascending)


def _surface(text: str) -> Floats:
    plain = without_hashtags(text)
    letters = sum(map(str.isalpha, plain))
    counts = (
        len(plain),
        len(bare_words(plain)),
        plain.count("?"),
        plain.count("!"),
        0 if plain.isascii() else emoji.emoji_count(plain),
        len(hashtags_of(text)),
    )
    return np.array([*map(math.log1p, counts), sum(map(str.isupper, plain)) / letters if letters else 0.0])
