"""Wait for what another process or thread does."""

import time
from collections.abc import Callable


def wait_until(happened: Callable[[], object], what: str, *, patience_s: float = 60, every_s: float = 0.01) -> None:
    """Ask `happened()` every `every_s` seconds until it is true; fail with `what` after `patience_s` seconds."""
    deadline = time.monotonic() + patience_s
    while not happened():
        assert time.monotonic() < deadline, f"{what}: not after {patience_s} s"
        time.sleep(every_s)
