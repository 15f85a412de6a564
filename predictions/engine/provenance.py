"""The libraries and machine that a model was made with, for its manifest."""

import platform
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any

_LIBRARIES = (
    "emoji", "lightgbm", "nltk", "numpy", "pillow", "scikit-learn", "scipy", "sentencepiece", "torch", "vaderSentiment",
)  # fmt: skip


@cache
def provenance() -> dict[str, Any]:
    """Return the versions of libraries and Python, and the kind of processor."""
    libraries = {}
    for name in _LIBRARIES:
        try:
            libraries[name] = version(name)
        except PackageNotFoundError:
            libraries[name] = "absent"
    return {"libraries": libraries, "python": platform.python_version(), "machine": platform.machine()}
