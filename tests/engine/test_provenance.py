"""The same data gives the same artefact, byte for byte, in any order and process; the manifest lists what went in."""

import hashlib
import math
import os
import platform
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from predictions.engine import AccountHistory, GlobalModel, train
from predictions.engine.types import HOUR
from tests.engine.synthetic import START, end_of, population, post

ROOT = Path(__file__).resolve().parents[2]
TRAIN_BACKWARDS = """
import hashlib
from predictions.engine import train
from predictions.engine.effects import fitting
from predictions.engine.estimators import network, trees
from tests.engine.synthetic import end_of, population
trees._ROUNDS, network._MIN_STEPS, fitting._ITERATIONS = 20, 20, 3
accounts = population(12)[::-1]
print(hashlib.sha256(train(accounts, until=max(map(end_of, accounts))).to_bytes()).hexdigest())
"""


@pytest.mark.usefixtures("quick_training")
def test_another_process_that_reads_in_another_order_trains_the_same_bytes() -> None:
    """Its hashes are seeded otherwise, it may use more threads, and nothing is left over from other tests."""
    environment = {**os.environ, "PYTHONHASHSEED": "17", "OPENBLAS_NUM_THREADS": "2", "OMP_NUM_THREADS": "2"}
    command = [sys.executable, "-c", TRAIN_BACKWARDS]
    trained = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    accounts = population(12)
    model = train(accounts, until=max(map(end_of, accounts)))
    assert not model.is_prior
    assert trained.stdout.strip() == hashlib.sha256(model.to_bytes()).hexdigest()


def test_the_manifest_says_what_went_in(model: GlobalModel) -> None:
    manifest = model.manifest
    assert manifest["pseudonyms"] == sorted(account.account_id for account in population())
    assert manifest["accounts"] == len(manifest["pseudonyms"])
    assert manifest["span"][0] < manifest["span"][1] < manifest["until"]
    assert manifest["seed"] == 0
    assert len(manifest["data_sha256"]) == 64
    assert {"lightgbm", "numpy", "sentencepiece", "emoji", "pillow"} <= set(manifest["libraries"])
    assert manifest["python"] == platform.python_version()
    assert manifest["machine"] == platform.machine()


def once_posted(name: str, likes: Sequence[float]) -> AccountHistory:
    """An account with one post, which has no history before it: it gives no row."""
    seen = post(name, START, 100.0, observed=tuple(hours * HOUR for hours in range(3, 3 * len(likes) + 1, 3)))
    counted = tuple(replace(c, likes=n) for c, n in zip(seen.observations, likes, strict=True))
    return AccountHistory(name, 100.0, (replace(seen, observations=counted),))


@pytest.mark.usefixtures("quick_training")
def test_an_account_that_only_bent_the_growth_curve_is_named(model: GlobalModel) -> None:
    accounts = [
        *population(),
        once_posted("once", [10.0, 3_000.0, 10.0, 3_000.0]),
        once_posted("uncounted", [math.nan]),
    ]
    trained = train(accounts, until=model.manifest["until"])
    assert trained.curve != model.curve
    assert set(trained.manifest["pseudonyms"]) - set(model.manifest["pseudonyms"]) == {"once"}
    assert trained.manifest["accounts"] == model.manifest["accounts"]
