"""Start the processes of `make run`, log them to files, and end them together."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

GRACE_SECONDS = 10
PR_SET_PDEATHSIG = 1


class ProcessEnded(Exception):
    """Raised when a process ends by itself; the message holds the last lines of its log."""


class Processes:
    """Named processes whose output goes to `<folder>/<name>.log`."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.running: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, name: str, command: list[str], environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
        """Start a process in a group of its own, so that Ctrl-C reaches it through `stop` and in order."""
        with (self.folder / f"{name}.log").open("wb") as log:
            process = subprocess.Popen(
                command,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=end_with_parent(),
            )
        self.running[name] = process
        return process

    def wait(self) -> None:
        """Wait until a process ends by itself; raises ProcessEnded then."""
        while True:
            for name, process in self.running.items():
                if process.poll() is not None:
                    raise ProcessEnded(f"{name} ended with status {process.returncode}:\n{self.last_lines(name)}")
            time.sleep(0.5)

    def last_lines(self, name: str) -> str:
        """Return the last lines of a process's log."""
        lines = (self.folder / f"{name}.log").read_text(errors="replace").splitlines()
        return "\n".join(lines[-12:])

    def stop(self) -> None:
        """End all processes, the last started first; kill those that have not ended after ten seconds."""
        for process in reversed(self.running.values()):
            _signal(process, signal.SIGTERM)
        deadline = time.monotonic() + GRACE_SECONDS
        for process in self.running.values():
            try:
                process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                _signal(process, signal.SIGKILL)
                process.wait()


def _signal(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    """Signal the process alone to end it in order; kill its whole group, a worker's children too."""
    if process.poll() is None:
        if number == signal.SIGKILL:
            os.killpg(process.pid, number)
        else:
            process.send_signal(number)


def end_with_parent(number: signal.Signals = signal.SIGTERM) -> Callable[[], None] | None:
    """Return a `preexec_fn` by which Linux ends a child whose parent was killed; None elsewhere."""
    if sys.platform != "linux":
        return None
    libc = ctypes.CDLL(None)

    def prepare_child() -> None:
        libc.prctl(PR_SET_PDEATHSIG, number)

    return prepare_child
