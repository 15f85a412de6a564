"""What code a model comes from, for its manifest."""

import hashlib
import platform
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

_LIBRARIES = (
    "emoji", "lightgbm", "nltk", "numpy", "pillow", "scikit-learn", "scipy", "sentencepiece", "vaderSentiment",
)  # fmt: skip
_ROOT = Path(__file__).parents[2]
_SOURCES = (
    "predictions/engine/**/*.py",
    # how histories are read, and what is measured of captions and covers
    "accounts/selectors.py",
    "predictions/selectors.py",
    "posts/selectors.py",
    "posts/models/content.py",
    "posts/content/*.py",
    "posts/content/sentence_encoder.npz",
)


@cache
def provenance() -> dict[str, Any]:
    """SHA-256 over the sources that training runs through (with their names), and what they run on: libraries, Python
    and the kind of processor.

    The sources themselves are hashed: a version number says only what somebody remembered to write down.
    """
    digest = hashlib.sha256()
    for source in sorted(found for pattern in _SOURCES for found in _ROOT.glob(pattern)):
        digest.update(source.relative_to(_ROOT).as_posix().encode() + b"\0" + source.read_bytes() + b"\0")
    return {
        "code_sha256": digest.hexdigest(),
        "libraries": {name: version(name) for name in _LIBRARIES},
        "python": platform.python_version(),
        "machine": platform.machine(),
    }
