"""The load generator and the servers to compare with: in an environment of their own, beside the project's.

They need other versions of packages than Postcast does, so nothing of them is installed where it runs. What both need,
the model's own packages first of all, is taken from the project's environment.
"""

import hashlib
import subprocess
import sys
import sysconfig
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LOCK = ROOT / "requirements" / "bench.txt"
ENVIRONMENT = ROOT / ".run" / "bench-tools"


class CannotBench(RuntimeError):
    """Raised with one sentence that says what is missing and what to install."""


def tools_python() -> Path:
    """Return the Python that has Locust, FastAPI and BentoML, installing them first where they are not there.

    Raises CannotBench if they cannot be had.
    """
    python, marker = ENVIRONMENT / "bin" / "python", ENVIRONMENT / ".complete"
    wanted = hashlib.sha256(LOCK.read_bytes()).hexdigest()
    if marker.exists() and marker.read_text() == wanted:
        return python
    print(f"installing the load generator and the servers to compare with into {ENVIRONMENT} (minutes)", flush=True)
    ENVIRONMENT.parent.mkdir(exist_ok=True)
    _run(sys.executable, "-m", "venv", "--clear", str(ENVIRONMENT))
    own = sysconfig.get_path("purelib", vars={"base": str(ENVIRONMENT)})
    Path(own, "project.pth").write_text(sysconfig.get_path("purelib") + "\n")
    _run(str(python), "-m", "pip", "install", "--require-hashes", "--no-input", "--quiet", "-r", str(LOCK))
    marker.write_text(wanted)
    return python


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise CannotBench(
            f"the load generator cannot be installed: `{' '.join(command)}` says {done.stderr[-500:]!r}; "
            f"install {LOCK.relative_to(ROOT)} into a virtual environment at {ENVIRONMENT} and run this again."
        )
