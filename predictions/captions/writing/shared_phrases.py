"""Phrases that many creators of a language share: k-anonymous n-grams, and a filter that knows rare phrases.

Nothing that fewer than `k` accounts wrote is readable in it. Their runs of five words stand in a Bloom filter (Bloom,
CACM 1970) under a key, so that a candidate which happens on one of them can be dropped.
"""

import json
import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from typing import Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from predictions.captions.writing.language_model import KneserNeyModel, ngrams_of
from predictions.captions.writing.tokens import model_tokens, phrases

Account = TypeVar("Account", int, str)

PHRASE = 5
"""Words of a run that counts as somebody's own."""
_BITS, _HASHES = 12, 8
"""Of the filter, for each phrase: it takes 3 in 1,000 other phrases for rare ones, and drops those for nothing."""


@dataclass(frozen=True, slots=True)
class RarePhrases:
    """A Bloom filter of phrases; it never misses one that it was given."""

    key: bytes
    bits: NDArray[np.uint8]

    @classmethod
    def of(cls, rare: Iterable[tuple[str, ...]], key: bytes) -> Self:
        """Return the filter of the phrases."""
        each = list(rare)
        bits = np.zeros(max(1, math.ceil(len(each) * _BITS / 8)), dtype=np.uint8)
        made = cls(key, bits)
        for phrase in each:
            for place in made._places(phrase):
                bits[place >> 3] |= 1 << (place & 7)
        return made

    def __contains__(self, phrase: tuple[str, ...]) -> bool:
        return all(self.bits[place >> 3] >> (place & 7) & 1 for place in self._places(phrase))

    def _places(self, phrase: tuple[str, ...]) -> list[int]:
        digest = blake2b("\0".join(phrase).encode("utf-8", "replace"), digest_size=16, key=self.key).digest()
        first, second = int.from_bytes(digest[:8], "big"), int.from_bytes(digest[8:], "big") | 1
        size = 8 * len(self.bits)
        # two digests do for all (Kirsch and Mitzenmacher, ESA 2006)
        return [(first + i * second) % size for i in range(_HASHES)]


@dataclass(frozen=True)
class SharedPhrases:
    """Phrases that at least `k` accounts of a language write, and a filter of those that fewer do."""

    accounts: int
    counts: Mapping[tuple[str, ...], int]
    """N-gram -> accounts that used it, `k` or more."""
    rare: RarePhrases

    @classmethod
    def learn(cls, captions: Mapping[Account, Iterable[str]], *, k: int, key: bytes) -> Self | None:
        """Learn from captions by account; None for fewer than `k` accounts. An account counts once for each n-gram."""
        if len(captions) < k:
            return None
        grams: Counter[tuple[str, ...]] = Counter()
        runs: Counter[tuple[str, ...]] = Counter()
        for texts in captions.values():
            own = list(texts)
            grams.update({gram for text in own for gram in ngrams_of(model_tokens(text))})
            runs.update(set().union(*(phrases(text, PHRASE) for text in own)))
        shared = {gram: count for gram, count in grams.items() if count >= k}
        return cls(len(captions), shared, RarePhrases.of((run for run, count in runs.items() if count < k), key))

    @cached_property
    def model(self) -> KneserNeyModel | None:
        """The language model of the shared n-grams; None where nothing is shared."""
        return KneserNeyModel(self.counts) if self.counts else None

    def common_words(self, share: float) -> frozenset[str]:
        """Return the words that at least this share of the accounts use."""
        least = share * self.accounts
        return frozenset(gram[0] for gram, count in self.counts.items() if len(gram) == 1 and count >= least)

    def to_bytes(self) -> bytes:
        """Return it as bytes to keep."""
        head = {
            "accounts": self.accounts,
            "grams": [[*gram, count] for gram, count in self.counts.items()],
            "key": self.rare.key.hex(),
        }
        written = json.dumps(head).encode()
        return len(written).to_bytes(8, "big") + written + self.rare.bits.tobytes()

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Read what `to_bytes` wrote."""
        length = int.from_bytes(data[:8], "big")
        head = json.loads(data[8 : 8 + length])
        counts = {tuple(gram[:-1]): gram[-1] for gram in head["grams"]}
        bits = np.frombuffer(data[8 + length :], dtype=np.uint8)
        return cls(head["accounts"], counts, RarePhrases(bytes.fromhex(head["key"]), bits))
