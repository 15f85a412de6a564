"""What code a model comes from, for its manifest."""

import hashlib
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

_LIBRARIES = ("lightgbm", "numpy", "scipy", "scikit-learn", "vaderSentiment")
_ENGINE = Path(__file__).parent
_CONTENT = _ENGINE.parent.parent / "posts" / "content.py"


@cache
def provenance() -> dict[str, Any]:
    """SHA-256 over the sources that training runs through (with their names), and versions of their libraries.

    The sources themselves are hashed: a version number says only what somebody remembered to write down.
    """
    digest = hashlib.sha256()
    for source in (*sorted(_ENGINE.glob("*.py")), _CONTENT):
        digest.update(source.name.encode() + b"\0" + source.read_bytes() + b"\0")
    return {"code_sha256": digest.hexdigest(), "libraries": {name: version(name) for name in _LIBRARIES}}
