"""Wait for what another process or thread does."""

import time
from collections.abc import Callable

INTERVAL_S = 0.01


def wait_until(happened: Callable[[], object], what: str, *, patience_s: float = 60) -> None:
    """Return once `happened()` is true; fail with `what` if it is not within `patience_s` seconds."""
    deadline = time.monotonic() + patience_s
    while not happened():
        assert time.monotonic() < deadline, f"{what}: not after {patience_s} s"
        time.sleep(INTERVAL_S)
