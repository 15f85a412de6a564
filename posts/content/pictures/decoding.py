"""Decode a picture that a stranger sent into a small array of pixels.

The header is read first: a picture that would unpack to too much is refused before anything of it is unpacked. Of EXIF
data the orientation is read and nothing else. Colour profiles are ignored; of an animation the first frame is taken.
"""

import io
import math
import zipfile
from dataclasses import dataclass

import numpy as np
import structlog
from numpy.typing import NDArray
from PIL import ExifTags, Image, UnidentifiedImageError

from posts.content.pictures.completeness import is_too_short, lacks_rows

log = structlog.get_logger(__name__)

MAX_COVER_BYTES = 20 * 1024 * 1024
MAX_COVER_PIXELS = 12_600_000
"""The 12 megapixels of phones, such as 4,080 x 3,072. A WebP's decoder holds three copies of them, 150 MB."""
MAX_COVER_SIDE = 16_384
"""Pixels of the longer side."""
MAX_REASON = 200
"""Characters of a decoder's own words that a refusal repeats."""
DECODED_SIDE = 512
"""Pixels of the longer side that a picture is reduced to: enough for faces, and a JPEG is never unpacked whole."""
_LEAST_SIDE = 448
"""Least longer side at which a JPEG is unpacked: a photo of 12 megapixels is unpacked at an eighth."""

# HEIC is left out: its decoder (libheif with an HEVC decoder, in `pillow-heif`) is 6 MB of C++ that many attacks aimed
# at, TikTok's covers are JPEG or WebP, and browsers' file pickers turn HEIC into JPEG
_FORMATS = ("JPEG", "PNG", "WEBP", "GIF")
_CUT_SHORT = "The cover is damaged or cut short: its header says {} x {} pixels, and the file holds fewer."
_EXPECTED = "expected JPEG, PNG, WebP or GIF"
# what makes a picture something else at once; lower case
_OTHER_FORMATS = {
    b"<script": "a web page",
    b"<!doctype html": "a web page",
    b"<?php": "a PHP script",
    b"%pdf-": "a PDF document",
    b"rar!\x1a\x07": "a RAR archive",
    b"7z\xbc\xaf\x27\x1c": "a 7z archive",
}
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


class UnreadableImage(ValueError):
    """The bytes are not a picture that can be measured; the message says why in one sentence."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A decoded picture, upright and opaque: `image` is RGB and at most `DECODED_SIDE` pixels long and high."""

    image: Image.Image
    width: int
    """Pixels of the original as it is shown, after rotation."""
    height: int

    def pixels(self, side: int) -> NDArray[np.uint8]:
        """Return the pixels (height, width, 3), reduced so that neither side is longer than `side`."""
        return np.asarray(self.reduced(side))

    def reduced(self, side: int) -> Image.Image:
        """Return the image, reduced so that neither side is longer than `side`; small ones are not enlarged."""
        reduced = self.image.copy()
        reduced.thumbnail((side, side))
        return reduced


def decode(data: bytes) -> Picture:
    """Decode a JPEG, PNG, WebP or GIF picture.

    Transparent pixels are shown on white, 16-bit greys are scaled to eight bits. Raise UnreadableImage when the bytes
    are too many, are no picture, are something else as well, would unpack to too many pixels, or turn out to be cut
    short or damaged while they are unpacked.
    """
    if not data:
        raise UnreadableImage(f"The cover is empty; {_EXPECTED}.")
    if len(data) > MAX_COVER_BYTES:
        raise UnreadableImage(f"The cover has {len(data):,} bytes; at most {MAX_COVER_BYTES:,} are read.")
    try:
        with Image.open(io.BytesIO(data), formats=_FORMATS) as image:
            _refuse_size(*image.size)
            _refuse_other_formats(data)
            if is_too_short(data, image):
                raise UnreadableImage(_CUT_SHORT.format(*image.size))
            return _unpacked(data, image)
    except UnreadableImage:
        raise
    except UnidentifiedImageError as error:
        raise UnreadableImage(f"The cover could not be read as a picture; {_EXPECTED}.") from error
    except Image.DecompressionBombError as error:
        raise UnreadableImage(
            f"The cover unpacks to too many pixels; at most {MAX_COVER_PIXELS:,} are read."
        ) from error
    except Exception as error:
        raise UnreadableImage(_damaged(error)) from error


def _unpacked(data: bytes, image: Image.Image) -> Picture:
    try:
        return _decode(data, image)
    except UnreadableImage:
        raise
    except Exception as error:
        raise UnreadableImage(_damaged(error)) from error


def _damaged(error: Exception) -> str:
    """Return the sentence for whatever a decoder raises on a damaged file: they raise anything, MemoryError too."""
    log.info("picture_damaged", error=type(error).__name__)
    reason = " ".join(f"{type(error).__name__}: {error}".split())[:MAX_REASON].rstrip(".")
    return f"The cover is damaged or cut short ({reason}); {_EXPECTED}."


def _refuse_size(width: int, height: int) -> None:
    if not width or not height:
        raise UnreadableImage(f"The cover is {width} x {height} pixels; expected at least one pixel.")
    if width * height > MAX_COVER_PIXELS:
        raise UnreadableImage(f"The cover is {width} x {height} pixels; at most {MAX_COVER_PIXELS:,} pixels are read.")
    if max(width, height) > MAX_COVER_SIDE:
        raise UnreadableImage(f"The cover is {width} x {height} pixels; at most {MAX_COVER_SIDE:,} are read each way.")


def _refuse_other_formats(data: bytes) -> None:
    """Refuse what other programs would open as something else. Phones append a film to a photo: that is no harm."""
    lowered = data.lower()
    found = next((name for mark, name in _OTHER_FORMATS.items() if mark in lowered), None)
    if found is None and zipfile.is_zipfile(io.BytesIO(data)):
        found = "a ZIP archive"
    if found:
        raise UnreadableImage(f"The cover is a picture and {found} at once; expected a picture alone.")


def _decode(data: bytes, image: Image.Image) -> Picture:
    width, height = image.size
    # a JPEG is unpacked at an eighth, a quarter or half of its size, the least that leaves enough pixels
    least = _LEAST_SIDE / max(width, height)
    image.draft("RGB", (math.ceil(width * least), math.ceil(height * least)))
    image.load()
    if lacks_rows(data, image):
        raise UnreadableImage(_CUT_SHORT.format(width, height))
    turn = _turn(image)
    image = _shown_on_white(_eight_bits(image))
    if turn is not None:
        image = image.transpose(turn)
        if turn in (_TURNS[5], _TURNS[6], _TURNS[7], _TURNS[8]):
            width, height = height, width
    return Picture(image, width, height)


def _turn(image: Image.Image) -> Image.Transpose | None:
    """Return how to turn the pixels so that the picture is upright; None if they are, or if EXIF data is damaged."""
    try:
        orientation = image.getexif().get(ExifTags.Base.Orientation)
    except Exception:  # noqa: BLE001 Pillow raises anything on damaged EXIF data, and the picture can do without
        return None
    return _TURNS.get(orientation) if isinstance(orientation, int) else None


def _eight_bits(image: Image.Image) -> Image.Image:
    """Return an image of eight bits a channel; Pillow would cut 16-bit greys off at 255 instead of scaling them."""
    transparent = image.info.get("transparency")
    if image.mode.startswith("I"):
        greys = np.asarray(image)
        eight = Image.fromarray((greys >> 8).astype(np.uint8))
        if isinstance(transparent, int):
            eight.putalpha(Image.fromarray(np.where(greys == transparent, 0, 255).astype(np.uint8)))
        return eight
    if image.mode == "RGB" and isinstance(transparent, tuple) and max(transparent) > 255:
        # the transparent colour of a 16-bit PNG, whose pixels Pillow has scaled already
        image.info["transparency"] = tuple(level >> 8 for level in transparent)
    return image


def _shown_on_white(image: Image.Image) -> Image.Image:
    """Return the image as opaque RGB, reduced; in the order that holds the fewest large copies at a time."""
    if image.has_transparency_data:
        image = image if image.mode in ("RGBA", "LA") else image.convert("RGBA")
        image.thumbnail((DECODED_SIDE, DECODED_SIDE))
        image = image.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", image.size, "white"), image).convert("RGB")
    if image.mode in ("1", "P"):
        # averaging needs colours, not numbers of colours
        image = image.convert("RGB")
    image.thumbnail((DECODED_SIDE, DECODED_SIDE))
    return image.convert("RGB")
