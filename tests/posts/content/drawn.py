"""Pictures for tests: drawn, encoded, and one photo with a face.

`astronaut.jpg` is cut from NASA's portrait of Eileen Collins, which is in the public domain (as in scikit-image).
"""

import io
from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

ASTRONAUT = Path(__file__).with_name("astronaut.jpg")
MODES = ("1", "L", "LA", "P", "RGB", "RGBA", "I;16")


def encoded(image: Image.Image, format: str = "PNG", **options: Any) -> bytes:
    """Return the bytes of the picture's file."""
    buffer = io.BytesIO()
    image.save(buffer, format, **options)
    return buffer.getvalue()


def of_levels(levels: NDArray[Any]) -> Image.Image:
    """Return a picture of grey levels (h, w) or colours (h, w, 3)."""
    return Image.fromarray(np.asarray(levels, dtype=np.uint8))


def texture(height: int, width: int, seed: int = 0) -> NDArray[np.float64]:
    """Return soft colours (h, w, 3) between 60 and 190 with some structure."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width]
    waves = [np.sin(x / rng.uniform(3, 30) + y / rng.uniform(3, 30) + rng.uniform(0, 6)) for _ in range(3)]
    return 125 + 60 * np.stack(waves, axis=2)


@st.composite
def images(draw: st.DrawFn, modes: tuple[str, ...] = MODES, largest: int = 90) -> Image.Image:
    """Draw a picture of any of the modes, of random pixels."""
    mode, width, height = draw(st.sampled_from(modes)), draw(st.integers(1, largest)), draw(st.integers(1, largest))
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    if mode == "I;16":
        return Image.fromarray(rng.integers(0, 65_536, (height, width), dtype=np.uint16))
    colours = Image.fromarray(rng.integers(0, 256, (height, width, 4), dtype=np.uint8), "RGBA")
    return colours.convert("RGB").convert(mode) if mode in ("1", "P") else colours.convert(mode)
