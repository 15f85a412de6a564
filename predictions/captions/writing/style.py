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

SURFACE = ("length", "words", "questions", "exclamations", "emoji", "hashtags", "capitals")
"""Measures of a text beside its topic: log1p of counts, and the share of capital letters."""
_LEAST_SPREAD, _LEAST_TOPIC = 0.35, 0.05
"""Log units: somebody who always has two hashtags may have one. And of the topic: 1 less the cosine."""
_QUANTILES = np.linspace(0.0, 1.0, 101)


@dataclass(frozen=True, slots=True)
class Style:
    """Derived from a creator's captions; personal data, as the captions are."""

    captions: int
    """Captions that it was derived from."""
    middle: Floats  # (EMBEDDING_SIZE,) mean of the embeddings, of length one
    topic_spread: float  # root mean square of the own captions' distances from it, floored
    mean: Floats  # (len(SURFACE),)
    spread: Floats  # (len(SURFACE),) standard deviations, floored
    surfaces: Floats  # (101,) hundredths of the own captions' distances from the mean, ascending
    distances: Floats  # (101,) the same with that of the topic

    @classmethod
    def of(cls, captions: Sequence[tuple[str, CaptionMeasures]]) -> Self:
        """Return the style of two captions or more."""
        embeddings = np.array([measures.embedding for _text, measures in captions], dtype=float) / EMBEDDING_STEPS
        middle = embeddings.mean(axis=0)
        middle /= float(np.linalg.norm(middle)) or 1.0
        lengths = np.linalg.norm(embeddings, axis=1)
        unlike = 1.0 - embeddings @ middle / np.where(lengths > 0, lengths, 1.0)
        topic_spread = max(float(np.sqrt(np.mean(unlike**2))), _LEAST_TOPIC)
        surfaces = np.array([_surface(*_parted(text)) for text, _measures in captions])
        mean, spread = surfaces.mean(axis=0), np.maximum(surfaces.std(axis=0), _LEAST_SPREAD)
        apart = np.sqrt(np.mean(((surfaces - mean) / spread) ** 2, axis=1))
        return cls(
            captions=len(captions),
            middle=middle,
            topic_spread=topic_spread,
            mean=mean,
            spread=spread,
            surfaces=np.quantile(apart, _QUANTILES),
            distances=np.quantile(apart + unlike / topic_spread, _QUANTILES),
        )

    def surface_distance(self, plain: str, hashtags: int) -> float:
        """Return how far a text without its hashtags, and their number, are from the usual, in deviations. Cheap."""
        apart = (_surface(plain, hashtags) - self.mean) / self.spread
        return math.sqrt(float(np.mean(apart**2)))

    @property
    def farthest(self) -> float:
        """The surface distance of the least usual own caption."""
        return float(self.surfaces[-1])

    def similarity(self, text: str, measures: CaptionMeasures) -> float:
        """Return the share of the own captions that are further from the creator's middle, the topic too."""
        embedding = np.asarray(measures.embedding, dtype=float) / EMBEDDING_STEPS
        unlike = 1.0 - float(embedding @ self.middle) / (float(np.linalg.norm(embedding)) or 1.0)
        distance = self.surface_distance(*_parted(text)) + unlike / self.topic_spread
        return 1.0 - int(np.searchsorted(self.distances, distance)) / len(self.distances)


def _parted(text: str) -> tuple[str, int]:
    return without_hashtags(text), len(hashtags_of(text))


def _surface(plain: str, hashtags: int) -> Floats:
    """Return SURFACE."""
    letters = sum(map(str.isalpha, plain))
    counts = (
        len(plain),
        len(bare_words(plain)),
        plain.count("?"),
        plain.count("!"),
        0 if plain.isascii() else emoji.emoji_count(plain),
        hashtags,
    )
    return np.array([*map(math.log1p, counts), sum(map(str.isupper, plain)) / letters if letters else 0.0])
