"""Measures of pixels. Each takes an image or its array and returns a number that a person can picture.

Arrays are (height, width) grey levels from 0 to 255, or (height, width, 3) of red, green and blue.
"""

import math

import numpy as np
from numpy.typing import NDArray

Levels = NDArray[np.float32]

DARKEST, BRIGHTEST = 5, 250
"""Grey levels from which a pixel counts as clipped: it shows no detail."""
EDGE = 16.0
"""Grey levels per pixel from which a slope counts as an edge."""
UPRIGHT = 9 / 16
"""TikTok's width to height."""


def grey_levels(pixels: NDArray[np.uint8]) -> Levels:
    """Return the luma (h, w) of pixels (h, w, 3), as ITU-R BT.601 weighs the colours."""
    return np.asarray(pixels @ np.array([0.299, 0.587, 0.114], dtype=np.float32), dtype=np.float32)


def brightness(grey: Levels) -> float:
    """Return the mean grey level, 0 (black) to 1 (white)."""
    return min(float(grey.mean(dtype=np.float64)) / 255, 1.0)


def contrast(grey: Levels) -> float:
    """Return the standard deviation of the grey levels, 0 (flat) to 0.5 (half black, half white)."""
    return float(grey.std(dtype=np.float64)) / 255


def clipped_shadows(grey: Levels) -> float:
    """Return the share of pixels that are practically black, 0 to 1."""
    return float((grey <= DARKEST).mean())


def clipped_highlights(grey: Levels) -> float:
    """Return the share of pixels that are practically white, 0 to 1."""
    return float((grey >= BRIGHTEST).mean())


def saturation(pixels: NDArray[np.uint8]) -> float:
    """Return the mean saturation of the HSV model, (max - min) / max of each pixel's colours: 0 (grey) to 1 (pure)."""
    red, green, blue = np.moveaxis(pixels, 2, 0)
    most = np.maximum(np.maximum(red, green), blue).astype(np.float32)
    least = np.minimum(np.minimum(red, green), blue)
    return float(((most - least) / np.maximum(most, 1)).mean(dtype=np.float64))


def colourfulness(pixels: NDArray[np.uint8]) -> float:
    """Return the metric M3: 0 for greys, about 15 slightly, 45 quite, 109 extremely colourful.

    Hasler and Süsstrunk, "Measuring colourfulness in natural images", SPIE 5007 (2003).
    """
    red, green, blue = np.moveaxis(pixels.astype(np.float32), 2, 0)
    red_green, yellow_blue = red - green, (red + green) / 2 - blue
    spread = math.hypot(red_green.std(dtype=np.float64), yellow_blue.std(dtype=np.float64))
    distance = math.hypot(red_green.mean(dtype=np.float64), yellow_blue.mean(dtype=np.float64))
    return spread + 0.3 * distance


def sharpness(grey: Levels) -> float:
    """Return the standard deviation of the Laplacian, in grey levels: 0 for a flat picture, some 50 for a crisp one.

    Its square is the focus measure of Pech-Pacheco et al., "Diatom autofocusing in brightfield microscopy", ICPR 2000.
    """
    if min(grey.shape) < 3:
        return 0.0
    middle = grey[1:-1, 1:-1]
    laplacian = grey[:-2, 1:-1] + grey[2:, 1:-1] + grey[1:-1, :-2] + grey[1:-1, 2:] - 4 * middle
    return float(laplacian.std(dtype=np.float64))


def noise(grey: Levels) -> float:
    """Return the standard deviation of the noise, in grey levels: 0 to about 2 clean, above 10 clearly grainy.

    Immerkær, "Fast noise variance estimation", Computer Vision and Image Understanding 64 (1996). Fine texture reads as
    noise.
    """
    if min(grey.shape) < 3:
        return 0.0
    along = grey[:, :-2] - 2 * grey[:, 1:-1] + grey[:, 2:]
    both = along[:-2] - 2 * along[1:-1] + along[2:]
    return math.sqrt(math.pi / 2) / 6 * float(np.abs(both).mean(dtype=np.float64))


def clutter(grey: Levels) -> float:
    """Return the edge density, the share of pixels on an edge: 0 (empty) to 1 (edges everywhere).

    A simple form of the measure that Rosenholtz, Li and Nakano, "Measuring visual clutter", Journal of Vision 7(2)
    (2007), compare with others, by Sobel's slopes.
    """
    if min(grey.shape) < 3:
        return 0.0
    down = grey[:-2] + 2 * grey[1:-1] + grey[2:]
    across = grey[:, :-2] + 2 * grey[:, 1:-1] + grey[:, 2:]
    slope = np.hypot(down[:, 2:] - down[:, :-2], across[2:] - across[:-2]) / 8
    return float((slope >= EDGE).mean())


def upright_crop(width: int, height: int) -> tuple[int, int, int, int]:
    """Return the largest centred crop of 9:16: left, top, width, height in pixels, each side at least one."""
    if width > height * UPRIGHT:
        kept = max(1, round(height * UPRIGHT))
        return (width - kept) // 2, 0, kept, height
    kept = max(1, min(height, round(width / UPRIGHT)))
    return 0, (height - kept) // 2, width, kept


def crop_loss(width: int, height: int) -> float:
    """Return the share of the picture that the largest crop of 9:16 leaves out, 0 to 1."""
    share = width / (height * UPRIGHT)
    return 1 - min(share, 1 / share)
