"""Name the main colours of a picture, as a person would say them: a dozen names, by hue, saturation and value.

Skin is nobody's business: beside faces, what may be skin has no name.
"""

from collections.abc import Sequence
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from posts.content.pictures.faces import Face

_SIDE = 96
"""Colours are counted at this size (pixels of the longer side)."""
_MOST = 0.5
"""Share of the picture from which one colour is its main one, and two of them together are."""
_SECOND = 0.2
"""Least share of a second colour."""
_AROUND = 0.5
"""Of a face's size: hair and neck around it do not count either."""


class Colour(StrEnum):
    """A colour's name."""

    BLACK = "black"
    GREY = "grey"
    WHITE = "white"
    RED = "red"
    ORANGE = "orange"
    BROWN = "brown"
    BEIGE = "beige"
    YELLOW = "yellow"
    GREEN = "green"
    TURQUOISE = "turquoise"
    BLUE = "blue"
    PURPLE = "purple"
    PINK = "pink"


_COLOURS = tuple(Colour)
_MAY_BE_SKIN = frozenset({Colour.ORANGE, Colour.BROWN, Colour.BEIGE, Colour.PINK})
# the hue's upper end in degrees, on Pillow's circle of 256 steps
_HUES = (
    (15, Colour.RED), (42, Colour.ORANGE), (70, Colour.YELLOW), (165, Colour.GREEN), (192, Colour.TURQUOISE),
    (255, Colour.BLUE), (300, Colour.PURPLE), (345, Colour.PINK), (361, Colour.RED),
)  # fmt: skip
_ENDS = np.array([end for end, _ in _HUES])
_NAMES = np.array([_COLOURS.index(name) for _, name in _HUES])


def main_colours(image: Image.Image, faces: Sequence[Face]) -> tuple[Colour, ...]:
    """Return the one or two colours that make up most of an RGB image, the larger first; none where many share it."""
    small = image.copy()
    small.thumbnail((_SIDE, _SIDE))
    names = _names(np.asarray(small.convert("HSV"), dtype=np.float32))[~_near(faces, small.height, small.width)]
    if not names.size:
        return ()
    shares = np.bincount(names, minlength=len(_COLOURS)) / names.size
    first, second = (int(index) for index in np.argsort(-shares, kind="stable")[:2])
    found = [first] if shares[first] >= _MOST else []
    if shares[second] >= _SECOND and shares[first] + shares[second] >= _MOST:
        found = [first, second]
    named = tuple(_COLOURS[index] for index in found)
    return () if faces and _MAY_BE_SKIN.intersection(named) else named


def _names(hsv: NDArray[np.float32]) -> NDArray[np.intp]:
    """Return the number of each pixel's colour; `hsv` is (height, width, 3) of 0 to 255."""
    hue, saturation, value = hsv[..., 0] * (360 / 256), hsv[..., 1] / 255, hsv[..., 2] / 255
    names = _NAMES[np.searchsorted(_ENDS, hue, side="right")]
    warm = (hue >= 10) & (hue < 55)
    reddish = (hue < 15) | (hue >= 330)
    for where, colour in (
        (reddish & (saturation < 0.55) & (value > 0.7), Colour.PINK),
        (warm & (value < 0.62), Colour.BROWN),
        (warm & (saturation < 0.4) & (value >= 0.62), Colour.BEIGE),
        (saturation < 0.14, Colour.GREY),
        ((saturation < 0.1) & (value > 0.85), Colour.WHITE),
        (value < 0.18, Colour.BLACK),
    ):
        names = np.where(where, _COLOURS.index(colour), names)
    return np.asarray(names, dtype=np.intp)


def _near(faces: Sequence[Face], height: int, width: int) -> NDArray[np.bool_]:
    """Return which pixels (height, width) lie in a face or around it."""
    near = np.zeros((height, width), dtype=bool)
    for face in faces:
        left, top = face.left - _AROUND * face.width, face.top - _AROUND * face.height
        right, bottom = face.left + (1 + _AROUND) * face.width, face.top + (1 + 1.5 * _AROUND) * face.height
        rows = slice(max(0, round(top * height)), max(0, round(bottom * height)))
        near[rows, max(0, round(left * width)) : max(0, round(right * width))] = True
    return near
