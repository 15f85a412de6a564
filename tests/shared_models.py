"""Trained models that tests share: a model is trained once for all test processes, and kept for the next run."""

import fcntl
import hashlib
import json
import pickle
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from predictions.engine import AccountHistory, GlobalModel, train
from predictions.engine.global_model import versions

ROOT = Path(__file__).resolve().parents[1]
KEPT = ROOT / ".pytest_cache" / "models"
SOURCES = ("predictions/engine", "posts/content")


def trained(name: str, accounts: Sequence[AccountHistory], *, until: int) -> GlobalModel:
    """Return `train(accounts, until=until)`, read from a file if the same code learned from the same data before."""
    KEPT.mkdir(parents=True, exist_ok=True)
    data = pickle.dumps((list(accounts), until))
    artefact = KEPT / f"{name}-{hashlib.sha256(data + _code().encode()).hexdigest()[:16]}.model"
    with (KEPT / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not artefact.exists():
            for outdated in KEPT.glob(f"{name}-*"):
                outdated.unlink()
            aside = artefact.with_suffix(".new")
            aside.write_bytes(train(accounts, until=until).to_bytes())
            aside.rename(artefact)
    return GlobalModel.from_bytes(artefact.read_bytes())


@cache
def _code() -> str:
    """Return a hash of the code that a model depends on: the engine's, and its libraries' versions."""
    digest = hashlib.sha256(json.dumps(versions(), sort_keys=True, default=str).encode())
    for folder in SOURCES:
        for path in sorted((ROOT / folder).rglob("*.py")):
            digest.update(path.read_bytes())
    return digest.hexdigest()
