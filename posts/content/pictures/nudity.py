"""Tell how likely a picture shows nudity. The network sees the whole picture, and knows no reason for it.

It is Yahoo's open_nsfw (BSD 2-Clause; Mahadeokar and Pesavento, 2016): a thin ResNet-50 that was trained to tell
pornographic photos from others. Drawings, violence and symbols of hate are nothing that it knows.
"""

import io
from enum import StrEnum

import numpy as np
from PIL import Image

from posts.content.pictures.networks import Network

NUDITY_NETWORK = "nudity"
NUDITY_THRESHOLD = 0.8
"""Scores from here on, of 0 to 1, are warned of: its authors call them likely."""

_WHOLE, _SEEN = 256, 224
"""Pixels that the picture is stretched to each way, and of them those in the middle that the network sees."""
# it takes blue, green, red around the means of its training
_MEAN = np.array([104, 117, 123], dtype=np.float32)


class Nudity(StrEnum):
    """Result of the check."""

    NOT_CHECKED = "not_checked"
    """No network is installed."""
    FINE = "fine"
    MAY_BREAK_RULES = "may_break_rules"


def check_nudity(image: Image.Image, network: Network | None) -> Nudity:
    """Check an RGB image; without a network it is not checked."""
    if network is None:
        return Nudity.NOT_CHECKED
    return Nudity.MAY_BREAK_RULES if nudity_score(image, network) >= NUDITY_THRESHOLD else Nudity.FINE


def nudity_score(image: Image.Image, network: Network) -> float:
    """Return the network's score for an RGB image, 0 (none) to 1; it is no probability."""
    edge = (_WHOLE - _SEEN) // 2
    seen = image.resize((_WHOLE, _WHOLE), Image.Resampling.BILINEAR)
    seen = seen.crop((edge, edge, edge + _SEEN, edge + _SEEN))
    # through a JPEG, as its training was: scores move by hundredths without
    buffer = io.BytesIO()
    seen.save(buffer, "JPEG")
    with Image.open(buffer) as compressed:
        pixels = np.asarray(compressed, dtype=np.float32)
    return float(network.run(np.ascontiguousarray(pixels[..., ::-1] - _MEAN)[None])[0, 1])
