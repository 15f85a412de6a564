"""The libraries and the machine that a model was trained with, for its manifest."""

import platform
from functools import cache
from importlib.metadata import version
from typing import Any

_LIBRARIES = (
    "emoji", "lightgbm", "numpy", "pillow", "scikit-learn", "scipy", "sentencepiece", "vaderSentiment",
)  # fmt: skip


@cache
def provenance() -> dict[str, Any]:
    """Return the versions of the libraries and of Python, and the kind of processor.

    The code's own version is the build's commit, which is added where a version is registered.
    """
    return {
        "libraries": {name: version(name) for name in _LIBRARIES},
        "python": platform.python_version(),
        "machine": platform.machine(),
    }
