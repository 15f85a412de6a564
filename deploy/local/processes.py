"""Start the processes of `make run`, log them to files, start again those that end, and end them together."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

GRACE_SECONDS = 10
LONGEST_PAUSE_SECONDS = 30
"""Between an end and the next start; the first pause is one second, and each next one twice as long."""
STEADY_SECONDS = 60
"""A process that ran for so long is started again after the first pause."""
PR_SET_PDEATHSIG = 1


@dataclass
class _Named:
    """A process that is kept running: how it is started, since when it runs, and when it is to be started again."""

    process: subprocess.Popen[bytes]
    command: list[str]
    environment: Mapping[str, str]
    started_at: float
    pause: float = 1
    again_at: float | None = None


class Processes:
    """Named processes whose output goes to `<folder>/<name>.log`."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.running: dict[str, _Named] = {}

    def start(self, name: str, command: list[str], environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
        """Start a process in a group of its own, so that Ctrl-C reaches it through `stop` and in order."""
        (self.folder / f"{name}.log").unlink(missing_ok=True)
        process = self._start(name, command, environment)
        self.running[name] = _Named(process, command, environment, time.monotonic())
        return process

    def _start(self, name: str, command: list[str], environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
        with (self.folder / f"{name}.log").open("ab") as log:
            return subprocess.Popen(
                command,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=end_with_parent(),
            )

    def supervise(self, tell: Callable[[str], object]) -> NoReturn:
        """Start again, after a pause, each process that ends by itself, and tell so; return never."""
        while True:
            self.restart_ended(tell)
            time.sleep(0.5)

    def restart_ended(self, tell: Callable[[str], object]) -> None:
        """Look once: note each process that ended, and start those whose pause is over."""
        now = time.monotonic()
        for name, each in self.running.items():
            if each.again_at is None and each.process.poll() is not None:
                if now - each.started_at >= STEADY_SECONDS:
                    each.pause = 1
                each.again_at = now + each.pause
                tell(
                    f"{name} ended with status {each.process.returncode} and is started again in {each.pause:.0f} s; "
                    f"its last lines:\n{self.last_lines(name)}"
                )
                each.pause = min(2 * each.pause, LONGEST_PAUSE_SECONDS)
            elif each.again_at is not None and now >= each.again_at:
                # what it left running would hold its port or its place
                _kill_group(each.process)
                each.process = self._start(name, each.command, each.environment)
                each.started_at, each.again_at = now, None
                tell(f"{name} was started again")

    def last_lines(self, name: str) -> str:
        """Return the last lines of a process's log."""
        lines = (self.folder / f"{name}.log").read_text(errors="replace").splitlines()
        return "\n".join(lines[-12:])

    def stop(self) -> None:
        """End all processes, the last started first; kill those that have not ended after ten seconds."""
        processes = [each.process for each in self.running.values()]
        for process in reversed(processes):
            _signal(process, signal.SIGTERM)
        deadline = time.monotonic() + GRACE_SECONDS
        for process in processes:
            try:
                process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                _signal(process, signal.SIGKILL)
                process.wait()


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


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
