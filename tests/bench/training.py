"""How training's cost grows with the number of posts, up to a million.

The accounts are made one by one while training asks for them, as a database would give them; making them is part of the
time. Each size is trained in a process of its own, whose largest memory is told.
"""

import json
import resource
import subprocess
import sys
import time
from collections.abc import Iterator

import numpy as np

from predictions.engine import AccountHistory, train
from tests.engine.synthetic import DAY, START, account

POSTS_EACH = 100
ACCOUNTS = (100, 1_000)
MILLION = 10_000
"""Accounts that are trained on only when asked: it takes minutes."""
MILLION_SCALE = 10.0
_MIB = 1024
"""ru_maxrss is in KiB."""


def measure(scale: float) -> dict[str, dict[str, float]]:
    """Return {posts: {s, ms per post, MiB}} of ten and a hundred thousand posts; from scale 10 on of a million too."""
    asked = ACCOUNTS[:1] if scale < 1 else (*ACCOUNTS, MILLION) if scale >= MILLION_SCALE else ACCOUNTS
    return dict(_in_its_own_process(accounts) for accounts in asked)


def _in_its_own_process(accounts: int) -> tuple[str, dict[str, float]]:
    command = [sys.executable, "-m", "tests.bench.training", str(accounts)]
    told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return f"{accounts * POSTS_EACH:,} posts", json.loads(told)


def _histories(accounts: int) -> Iterator[AccountHistory]:
    levels = np.random.default_rng(1).normal(6.0, 1.5, accounts)
    for number, level in enumerate(levels):
        yield account(f"account-{number}", POSTS_EACH, level=float(level), caption_effect=0.3)


def _measure(accounts: int) -> dict[str, float]:
    started = time.perf_counter()
    train(_histories(accounts), until=START + (POSTS_EACH + 8) * DAY)
    seconds = time.perf_counter() - started
    return {
        "s": round(seconds, 1),
        "ms per post": round(1000 * seconds / (accounts * POSTS_EACH), 2),
        "MiB": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / _MIB),
    }


if __name__ == "__main__":
    print(json.dumps(_measure(int(sys.argv[1]))))
