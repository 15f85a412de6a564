"""Embed what a picture shows, so that covers can be compared: an ImageNet network's features, projected.

The network is MobileNetV2 (Sandler et al., "MobileNetV2: Inverted residuals and linear bottlenecks", CVPR 2018). An
embedding tells a lot about a picture: it is personal data.
"""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from posts.content.pictures.networks import Network

EMBEDDING_NETWORK = "embedding"
PICTURE_EMBEDDING_SIZE = 128
STEPS = 127
"""An embedding has length one, in whole steps, so many to one."""

_INPUT_SIDE = 160
"""The input has as many pixels as a square of this side, in the picture's own shape: nothing is cut off."""
_SMALLEST_SIDE = 64


def embed(image: Image.Image, network: Network) -> NDArray[np.int8]:
    """Embed an RGB image: (PICTURE_EMBEDDING_SIZE,) in steps of 1 / STEPS."""
    scale = _INPUT_SIDE / math.sqrt(image.width * image.height)
    longest = _INPUT_SIDE**2 // _SMALLEST_SIDE
    width, height = (min(max(round(side * scale), _SMALLEST_SIDE), longest) for side in image.size)
    pixels = np.asarray(image.resize((width, height), Image.Resampling.BILINEAR), dtype=np.float32)
    embedding: NDArray[np.int8] = np.rint(network.run(pixels[None])[0] * STEPS).astype(np.int8)
    return embedding


def nearest_covers(
    embedding: NDArray[np.int8], others: Sequence[NDArray[np.int8]], *, at_most: int = 5
) -> list[tuple[int, float]]:
    """Return the rows of the most similar of `others`, most similar first, each with its cosine, -1 to 1.

    All come from the same network (`CoverMeasures.network`). A zero embedding is similar to nothing.

    >>> nearest_covers(np.array([3, 4], dtype=np.int8), [np.array(v, dtype=np.int8) for v in ([4, -3], [6, 8])])
    [(1, 1.0), (0, 0.0)]
    """
    if not len(others):
        return []
    rows = np.stack(others).astype(np.float64)
    own = embedding.astype(np.float64)
    lengths = np.linalg.norm(rows, axis=1) * np.linalg.norm(own)
    cosines = np.where(lengths > 0, rows @ own / np.maximum(lengths, 1e-9), 0.0)
    order = np.argsort(-cosines, kind="stable")[:at_most]
    return [(int(row), round(float(cosines[row]), 6)) for row in order]
