"""Figures of several processes for /metrics, in the files of prometheus_client's multiprocess mode.

A process writes its counters and histograms into files of its own, and a scrape adds all files up. The files of ended
processes are folded into one of each type: counters go on, and files do not pile up.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.mmap_dict import MmapedDict
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import REGISTRY

from telemetry.metrics.figures import Figures

SUMMED = ("counter", "histogram", "summary")
"""Types of metrics whose values add up over processes. Gauges are set at each scrape (`telemetry.signals`)."""


def exposition() -> bytes:
    """Return the figures of all processes of this server in Prometheus' text format."""
    folder = _folder()
    if folder is None:
        return generate_latest(REGISTRY)
    registry = CollectorRegistry()
    MultiProcessCollector(registry, path=str(folder))  # type: ignore[no-untyped-call]
    with _lock(folder, fcntl.LOCK_SH):
        return generate_latest(registry)


def exposition_with_figures() -> bytes:
    """Return the same, and the figures that are computed once for all processes."""
    figures = CollectorRegistry()
    figures.register(Figures())
    return exposition() + generate_latest(figures)


def fold_ended(pid: int) -> None:
    """Add the counters and histograms of the ended process to those of earlier ones; delete its files."""
    folder = _folder()
    if folder is None:
        return
    with _lock(folder, fcntl.LOCK_EX):
        for kind in SUMMED:
            ended, kept = folder / f"{kind}_{pid}.db", folder / f"{kind}_ended.db"
            if ended.exists():
                _fold(ended, kept)
        for gauges in folder.glob(f"gauge_*_{pid}.db"):
            gauges.unlink()


def _folder() -> Path | None:
    name = os.environ.get("PROMETHEUS_MULTIPROC_DIR")
    return Path(name) if name else None


def _fold(ended: Path, kept: Path) -> None:
    if not kept.exists():
        ended.rename(kept)
        return
    totals = MmapedDict(str(kept))  # type: ignore[no-untyped-call]
    try:
        for key, value, timestamp, _ in MmapedDict.read_all_values_from_file(str(ended)):  # type: ignore[no-untyped-call]
            totals.write_value(key, totals.read_value(key)[0] + value, timestamp)  # type: ignore[no-untyped-call]
    finally:
        totals.close()  # type: ignore[no-untyped-call]
    ended.unlink()


@contextmanager
def _lock(folder: Path, how: int) -> Iterator[None]:
    """Hold the folder's lock: a scrape must not meet files that are being folded."""
    with (folder / "lock").open("a") as lock:
        fcntl.flock(lock, how)
        yield
