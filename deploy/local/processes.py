"""The processes of `make run`: started together, logged to files, ended together."""

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
    """A process ended by itself; the message holds the last lines of its log."""


class Processes:
    """Named processes whose output goes to `<folder>/<name>.log`."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.running: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, name: str, command: list[str], environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
        """Start one; it gets its own process group, so that Ctrl-C reaches it through `stop` and in order."""
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
        """Wait for ever; ProcessEnded as soon as one of them ends."""
        while True:
            for name, process in self.running.items():
                if process.poll() is not None:
                    raise ProcessEnded(f"{name} ended with status {process.returncode}:\n{self.last_lines(name)}")
            time.sleep(0.5)

    def last_lines(self, name: str) -> str:
        """The end of a process's log."""
        lines = (self.folder / f"{name}.log").read_text(errors="replace").splitlines()
        return "\n".join(lines[-12:])

    def stop(self) -> None:
        """Ask all to end, the last started first, and kill what has not ended in time."""
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
    """To the process alone if it is to end in order; to its whole group (a worker's children) if it is killed."""
    if process.poll() is None:
        if number == signal.SIGKILL:
            os.killpg(process.pid, number)
        else:
            process.send_signal(number)


def end_with_parent(number: signal.Signals = signal.SIGTERM) -> Callable[[], None] | None:
    """On Linux the kernel ends a child whose parent was killed, when no `finally` could."""
    if sys.platform != "linux":
        return None
    libc = ctypes.CDLL(None)

    def prepare_child() -> None:
        libc.prctl(PR_SET_PDEATHSIG, number)

    return prepare_child
