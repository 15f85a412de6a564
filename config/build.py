"""The build that is running."""

import os
import subprocess
from functools import cache
from pathlib import Path


@cache
def build_commit() -> str:
    """Return the commit of the running code: BUILD_COMMIT, else git's HEAD, else "unknown"."""
    if commit := os.environ.get("BUILD_COMMIT", "").strip():
        return commit
    try:
        head = subprocess.run(
            ["git", "rev-parse", "HEAD"],  # noqa: S607
            cwd=Path(__file__).parent,
            capture_output=True,
            text=True,
            timeout=5,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return "unknown"
    return head.stdout.strip()
