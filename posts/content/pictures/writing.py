"""Tell how much of a picture is covered with writing. Nothing is read: where text is, not what it says.

The network is the text detector of PaddleOCR (PP-OCRv6 small; Apache License 2.0), by differentiable binarisation (Liao
et al., "Real-time scene text detection with differentiable binarization", AAAI 2020). It takes up to 0.1 s.
"""

import numpy as np
from PIL import Image
from scipy import ndimage

from posts.content.pictures.networks import Network

WRITING_NETWORK = "writing"

_INPUT_SIDE = 384
_STEP = 32
"""The network takes sides in whole steps, in pixels."""
_PROBABLE, _SURE = 0.3, 0.6
"""A pixel is part of a line from the first, a line is writing from this mean."""
_LONGEST_HEIGHT = 0.15
"""Share of the picture's height: what is higher than a line of text must be longer than high, as text is."""
_SHAPE = 1.5


def text_share(image: Image.Image, network: Network) -> float:
    """Return the share of an RGB image that lines of text cover, 0 to 1. Text that stands upright is missed."""
    scale = min(_INPUT_SIDE / max(image.size), 1)
    width, height = (max(round(side * scale / _STEP), 1) * _STEP for side in image.size)
    pixels = np.asarray(image.resize((width, height), Image.Resampling.BILINEAR), dtype=np.float32)
    # it was trained on blue, green, red between -1 and 1
    probability = network.run(np.ascontiguousarray((pixels[..., ::-1] / 127.5 - 1).transpose(2, 0, 1)[None]))[0, 0]
    lines, count = ndimage.label(probability > _PROBABLE)
    if not count:
        return 0.0
    numbers = np.arange(1, count + 1)
    sure = ndimage.mean(probability, lines, numbers) >= _SURE
    sizes = [(rows.stop - rows.start, columns.stop - columns.start) for rows, columns in ndimage.find_objects(lines)]
    shaped = np.array([high <= _LONGEST_HEIGHT * height or wide >= _SHAPE * high for high, wide in sizes])
    return float(np.isin(lines, numbers[sure & shaped]).mean())
