"""Embed captions as vectors that can be compared, by their words and by their topic.

An embedding hides a caption from a glance, not from an attack: it is personal data. It confirms a guessed caption; with
a dictionary, it shows which words a short caption likely has; and trained models turn the output of sentence encoders
back into much of a short text (Morris et al., "Text Embeddings Reveal (Almost) As Much As Text", EMNLP 2023).
"""

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

import mmh3
import numpy as np
from numpy.typing import NDArray

from posts.content.meanings import MEANING_SIZE, meaning_of

SLOTS = 1024
"""Size of the first part, a signed hash: the chance similarity of unlike captions is about one over its root."""

EMBEDDING_SIZE = SLOTS + MEANING_SIZE
"""Words and letter groups first, then the topic."""

EMBEDDING_STEPS = 127
"""An embedding is stored in whole steps, so many to one: sums of products of them are exact in any order."""

_MAX_WORD = 100


def embed(words: Iterable[str], text: str) -> NDArray[np.int8]:
    """Embed a caption by its casefolded `words` and by the topic of its `text`.

    Return (EMBEDDING_SIZE,) in steps of 1 / EMBEDDING_STEPS; each of the two parts has length one, or is zero if
    there is nothing to embed.
    """
    hashed = _hashed(Counter(_tokens(words)))
    norm = float(np.linalg.norm(hashed))
    vector = np.concatenate([hashed / norm if norm else hashed, meaning_of(text)])
    embedding: NDArray[np.int8] = np.rint(vector * EMBEDDING_STEPS).astype(np.int8)
    return embedding


def _hashed(tokens: Mapping[str, int]) -> NDArray[np.float64]:
    """Return the tokens' counts, damped, in the slots (SLOTS,) that their hashes name, with the hashes' signs.

    As scikit-learn's FeatureHasher does, which takes a second to load (Weinberger et al., "Feature hashing for large
    scale multitask learning", ICML 2009). All tokens weigh the same: a long word has more letter groups already.
    """
    hashed = np.zeros(SLOTS)
    for token, count in tokens.items():
        place = mmh3.hash(token)
        hashed[abs(place) % SLOTS] += math.copysign(1 + math.log(count), place)
    return hashed


def _tokens(words: Iterable[str]) -> Iterator[str]:
    """Yield the words, and groups of four letters, which also serve scripts that put no spaces between words."""
    for word in words:
        yield "w:" + word[:_MAX_WORD]
        framed = f"<{word}>"
        for start in range(len(framed) - 3):
            yield "g:" + framed[start : start + 4]
