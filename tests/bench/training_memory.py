"""Memory of a training in one process, and from partitions by two workers.

    python -m tests.bench.training_memory [ACCOUNTS]

The accounts have a hundred posts each, every post a caption of its own and ten observations, as the schedule makes
them. Each way runs in a process of its own. Peaks are in MiB: after the work on each account, and of all.
"""

import hashlib
import json
import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from unittest.mock import patch

from predictions.engine import AccountHistory, GlobalModel, partitioned_training, train, training
from predictions.engine.data.partitions import Partitions
from tests.bench.training import POSTS_EACH
from tests.engine.synthetic import DAY, START, account

AGES = tuple(hour * 3600 for hour in (1, 3, 6, 12, 18, 24, 36, 72, 168, 336))
UNTIL = START + (POSTS_EACH + 15) * DAY
ACCOUNTS = 1_000
_MIB = 1024
"""ru_maxrss is in KiB."""


def peak() -> float:
    """Return the largest memory of this process so far, in MiB."""
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / _MIB)


def histories(accounts: int) -> Iterator[AccountHistory]:
    """Yield accounts that share nothing, as a database would give them."""
    for number in range(accounts):
        made = account(f"account-{number}", POSTS_EACH, level=3.0 + number % 9 * 0.7, observed=AGES)
        posts = (
            replace(post, caption=replace(post.caption, embedding=post.caption.embedding.copy())) for post in made.posts
        )
        yield replace(made, posts=tuple(posts))


def in_memory(accounts: int) -> tuple[GlobalModel, dict[str, Any]]:
    """Train as without TRAINING_PARTITIONS."""
    return train(histories(accounts), until=UNTIL), {}


def from_partitions(accounts: int) -> tuple[GlobalModel, dict[str, Any]]:
    """Train as with TRAINING_PARTITIONS, and two workers."""
    peaks: dict[str, Any] = {}

    @contextmanager
    def workers() -> Iterator[Any]:
        with partitioned_training.local_workers(2) as client:
            yield client
            peaks.update(workers=list(client.run(peak).values()), scheduler=client.run_on_scheduler(peak))

    with tempfile.TemporaryDirectory() as folder:
        partitions = Partitions(folder)
        model = partitioned_training.train_on_partitions(histories(accounts), partitions, workers(), until=UNTIL)
    return model, peaks


WAYS = {"memory": in_memory, "partitions": from_partitions}


def measure(way: str, accounts: int) -> dict[str, Any]:
    """Return the peaks of one way, and the hash of the model that it gave."""
    peaks: dict[str, Any] = {"posts": accounts * POSTS_EACH, "imported": peak()}
    train_on_rows = training.train_on_rows

    def watched(*arguments: Any, **named: Any) -> GlobalModel:
        peaks["before the fits"] = peak()
        return train_on_rows(*arguments, **named)

    with patch.object(training, "train_on_rows", watched), patch.object(partitioned_training, "train_on_rows", watched):
        model, others = WAYS[way](accounts)
    return {**peaks, "with the fits": peak(), **others, "sha256": hashlib.sha256(model.to_bytes()).hexdigest()[:12]}


if __name__ == "__main__":
    arguments = sys.argv[1:]
    if arguments and arguments[0] in WAYS:
        sys.stdout.write(json.dumps(measure(arguments[0], int(arguments[1]))))
    else:
        for way in WAYS:
            command = [sys.executable, "-m", "tests.bench.training_memory", way, *(arguments or [str(ACCOUNTS)])]
            printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
            sys.stdout.write(f"{way}: {printed}\n")
