"""The build that this process runs."""

import os
import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
UNKNOWN = "unknown"


@cache
def build_commit() -> str:
    """Return the commit of the running code, in hex; "unknown" outside of a build and a checkout.

    Taken from the variable BUILD_COMMIT, which the image is built with, otherwise from git; read once per process.
    """
    return os.environ.get("BUILD_COMMIT", "").strip() or _checked_out() or UNKNOWN


def _checked_out() -> str:
    try:
        return subprocess.run(
            ["git", "rev-parse", "HEAD"],  # noqa: S607 - wherever git is installed
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
            timeout=5,
        ).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return ""
