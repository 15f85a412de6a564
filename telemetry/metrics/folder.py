"""The folder of a process's metrics; imported before prometheus_client, which reads the variable when it is imported.

Processes that are given the same folder tell the figures of all of them, e.g. those of `make run`.
"""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

VARIABLE = "PROMETHEUS_MULTIPROC_DIR"


def use_folder() -> Path:
    """Return the folder that the variable names, or else one that goes with this process, and name it for children.

    Remove files of processes that ended without a word, e.g. with an earlier server or by a kill.
    """
    if VARIABLE not in os.environ:
        os.environ[VARIABLE] = tempfile.mkdtemp(prefix="postcast-metrics-")
        atexit.register(_remove_of, os.getpid(), os.environ[VARIABLE])
    folder = Path(os.environ[VARIABLE])
    folder.mkdir(parents=True, exist_ok=True)
    for file in folder.glob("*_*.db"):
        pid = file.stem.rpartition("_")[2]
        if pid.isdigit() and not _lives(int(pid)):
            file.unlink(missing_ok=True)
    return folder


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _remove_of(owner: int, folder: str) -> None:
    """Remove the folder when the process that made it ends, not when a forked child does."""
    if os.getpid() == owner:
        shutil.rmtree(folder, ignore_errors=True)
