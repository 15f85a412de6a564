"""Embed what a picture shows, so that covers can be compared: an ImageNet network's features, projected.

The network is MobileNetV2 (Sandler et al., "MobileNetV2: Inverted residuals and linear bottlenecks", CVPR 2018). An
embedding tells a lot about a picture: it is personal data.
"""

import math

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
