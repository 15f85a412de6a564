"""Cover images: small JPEGs drawn from the simulated measures, at addresses that expire.

Brightness, saturation and contrast move the simulated likes. Grain, blur, small shapes and the picture's format differ
between covers too, and move nothing.
"""

import hashlib
import hmac
import io
from functools import lru_cache

import numpy as np
from PIL import Image, ImageFilter

FORMATS = ((180, 320), (180, 320), (180, 320), (200, 250), (240, 240), (320, 180))
"""Width and height; most are upright, as TikTok shows them."""
MAX_SHAPES = 40
LIFETIME_S = 6 * 3600


# the same few creators are read by hundreds of tests
@lru_cache(maxsize=2_000)
def draw(post_id: int, brightness: float, saturation: float, contrast: float) -> bytes:
    """Draw a JPEG whose mean brightness, mean saturation and contrast follow the three values (0..1)."""
    rng = np.random.default_rng(post_id)
    looks = np.random.default_rng((post_id, 1))
    width, height = FORMATS[looks.integers(len(FORMATS))]
    y, x = np.mgrid[0 : 1 : height * 1j, 0 : 1 : width * 1j]
    angle, turns = rng.uniform(0, 2 * np.pi), rng.uniform(1, 3)
    wave = np.sin(2 * np.pi * turns * (x * np.cos(angle) + y * np.sin(angle)))
    centre_x, centre_y, radius = rng.uniform(0.25, 0.75), rng.uniform(0.25, 0.75), rng.uniform(0.15, 0.3)
    disc = np.hypot(x - centre_x, (y - centre_y) * height / width) < radius
    pattern = np.where(disc, -np.sign(wave.mean() or 1.0), wave)
    for _ in range(looks.integers(MAX_SHAPES)):
        left, top = looks.integers(width), looks.integers(height)
        pattern[top : top + 12, left : left + 8] = looks.choice([-1.0, 1.0])
    value = 0.15 + 0.7 * brightness + 0.35 * contrast * (pattern - pattern.mean())
    value = np.clip(value + looks.normal(0, looks.exponential(0.02), value.shape), 0, 1)
    colourfulness = np.full_like(value, 0.05 + 0.9 * saturation)
    hue = (rng.random() + 0.12 * x + 0.4 * disc) % 1.0
    hsv = np.stack([hue, colourfulness, value], axis=2)
    picture = Image.fromarray((hsv * 255).astype(np.uint8), mode="HSV").convert("RGB")
    picture = picture.filter(ImageFilter.GaussianBlur(float(looks.choice([0, 0, 0, 1, 2]))))
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=85)
    return out.getvalue()


def signed_path(secret: str, handle: str, post_id: int, now: float) -> str:
    """Return path and query of a cover that can be fetched for LIFETIME_S seconds."""
    expires = int(now) + LIFETIME_S
    return f"/cover/{handle}/{post_id}.jpg?x-expires={expires}&x-signature={_sign(secret, post_id, expires)}"


def may_see(secret: str, post_id: int, expires: str, signature: str, now: float) -> bool:
    """Whether the signature is valid and has not expired."""
    if not expires.isdigit() or int(expires) <= now:
        return False
    return hmac.compare_digest(_sign(secret, post_id, int(expires)), signature)


def _sign(secret: str, post_id: int, expires: int) -> str:
    return hmac.new(secret.encode(), f"{post_id}.{expires}".encode(), hashlib.sha256).hexdigest()
