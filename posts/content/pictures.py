"""Measure cover pictures: brightness, contrast, saturation, colourfulness, sharpness."""

import io
import math
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageFilter, ImageStat, UnidentifiedImageError

MAX_COVER_BYTES = 20 * 1024 * 1024
MAX_COVER_PIXELS = 50_000_000
FORMATS = ("JPEG", "PNG", "WEBP", "GIF")
COVER_SIDE = 256
"""Covers are measured at this size (pixels of the longer side), so that sharpness can be compared between them."""


class UnreadableImage(ValueError):
    """The bytes are not a picture that can be measured; the message says why."""


@dataclass(frozen=True, slots=True)
class CoverMeasures:
    """Brightness, contrast and saturation in 0..1; colourfulness and sharpness are zero or more.

    Each field is a column of `posts.models.PostContent`, behind `cover_`.
    """

    brightness: float
    contrast: float
    saturation: float
    colourfulness: float
    sharpness: float


def measure_cover(data: bytes) -> CoverMeasures:
    """Measure a cover picture (JPEG, PNG, WebP or GIF).

    Raise UnreadableImage when the bytes are too many, are no picture, are cut short, or unpack to too many pixels.
    """
    pixels = _decode(data)
    grey = pixels.convert("L")
    rgb = np.asarray(pixels, dtype=np.float64)
    red_green = rgb[..., 0] - rgb[..., 1]
    yellow_blue = (rgb[..., 0] + rgb[..., 1]) / 2 - rgb[..., 2]
    # Hasler and Süsstrunk, "Measuring colourfulness in natural images", SPIE 5007 (2003), the metric M3
    spread = math.hypot(red_green.std(), yellow_blue.std())
    distance = math.hypot(red_green.mean(), yellow_blue.mean())
    edges = grey.filter(ImageFilter.Kernel((3, 3), (0, 1, 0, 1, -4, 1, 0, 1, 0), scale=1, offset=128))
    grey_level = ImageStat.Stat(grey)
    return CoverMeasures(
        brightness=grey_level.mean[0] / 255,
        contrast=grey_level.stddev[0] / 255,
        saturation=ImageStat.Stat(pixels.convert("HSV")).mean[1] / 255,
        colourfulness=float(spread + 0.3 * distance),
        sharpness=ImageStat.Stat(edges).stddev[0],
    )


def _decode(data: bytes) -> Image.Image:
    if not data:
        raise UnreadableImage("The cover is empty; expected a JPEG, PNG, WebP or GIF picture.")
    if len(data) > MAX_COVER_BYTES:
        raise UnreadableImage(f"The cover has {len(data):,} bytes; at most {MAX_COVER_BYTES:,} are read.")
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as image:
            width, height = image.size
            if width * height > MAX_COVER_PIXELS:
                raise UnreadableImage(
                    f"The cover is {width} x {height} pixels; at most {MAX_COVER_PIXELS:,} pixels are read."
                )
            image.draft("RGB", (COVER_SIDE, COVER_SIDE))
            pixels = image.convert("RGB")
    except UnreadableImage:
        raise
    except Exception as error:
        # Pillow's decoders raise anything on a damaged file;
        # where it knows no such format its message names only an object in memory
        reason = "" if isinstance(error, UnidentifiedImageError) else f" ({type(error).__name__}: {error})"
        raise UnreadableImage(
            f"The cover could not be read as a picture{reason}; expected JPEG, PNG, WebP or GIF."
        ) from error
    pixels.thumbnail((COVER_SIDE, COVER_SIDE))
    return pixels
