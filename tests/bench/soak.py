"""Load and faults together: half the highest rate for ten minutes, with workers killed and databases restarted.

A web worker is killed each minute, PostgreSQL restarted after a third of the time and Redis after two thirds. Told are
errors within and outside of `RESTART_S` after a fault, errors that a client could not retry (anything but 503 and 429
with Retry-After), answers whose forecast is not in the database, and how the workers' memory grows.
"""

import os
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from tests.bench import machine
from tests.bench.offered import Generator, Target
from tests.bench.stack import Stack

MINUTES = 10.0
SHARE = 0.5
RESTART_S = 15.0
"""After a fault in which errors are expected: what a restart takes, and then connections."""
RETRYABLE = (429, 503)
EVERY_S = 2.0
"""Between two looks at the memory."""


def measure(stack: Stack, target: Target, *, highest: float, scale: float) -> dict[str, Any]:
    """Return the figures of the soak."""
    seconds = MINUTES * 60 * scale
    rate = SHARE * highest
    faults: list[tuple[float, str]] = []
    memory: list[tuple[float, float]] = []
    over = threading.Event()
    with Generator() as generator, ThreadPoolExecutor(2) as threads:
        generator.offer(stack, target, rate=rate, seconds=3)
        load = threads.submit(generator.offer, stack, target, rate=rate, seconds=seconds, keep_ids=True)
        load.add_done_callback(lambda _: over.set())
        watching = threads.submit(_watch, stack, memory, over)
        # here: what is started again ends with the thread that started it
        _break(stack, seconds, faults, over)
        offered = load.result()
        watching.result()
    failed = offered.status != 200
    at = offered.began_at + offered.due_s
    near = np.zeros(len(at), dtype=bool)
    for moment, _ in faults:
        near |= (at > moment - 10) & (at < moment + RESTART_S)
    retryable = [
        status in RETRYABLE and told != "Retry-After: None"
        for status, told in zip(offered.status, offered.ids, strict=True)
    ]
    answered = [told for status, told in zip(offered.status, offered.ids, strict=True) if status == 200]
    slope, error = _slope(memory)
    return {
        "rate_per_s": round(rate, 1),
        "seconds": round(seconds),
        "requests": len(failed) + offered.unanswered,
        "errors": int(failed.sum()) + offered.unanswered,
        "errors_by_status": {
            str(s): int((offered.status[failed] == s).sum()) for s in sorted(set(offered.status[failed]))
        },
        "errors_away_from_faults": int((failed & ~near).sum()),
        "errors_not_retryable": int(sum(f and not r for f, r in zip(failed, retryable, strict=True)))
        + offered.unanswered,
        "answers": len(answered),
        "answers_without_a_row": _missing(answered),
        "p95_ms": round(offered.percentile(95), 1),
        "p99_ms": round(offered.percentile(99), 1),
        "faults": [what for _, what in faults],
        "memory_mib_per_min": round(slope, 3),
        "memory_mib_per_min_error": round(error, 3),
        "generator_late_p99_ms": round(float(np.percentile(offered.late_ms, 99)), 1),
    }


def _break(stack: Stack, seconds: float, faults: list[tuple[float, str]], over: threading.Event) -> None:
    """Kill and restart on a timetable, and keep what ended running, as `make run` does."""
    each = min(60.0, seconds / 4)
    plan = [(each * (n + 0.5), "worker") for n in range(int(seconds / each))]
    plan += [(seconds / 3, "postgres"), (seconds * 2 / 3, "redis")]
    began = time.time()
    for after, what in sorted(plan):
        while time.time() < began + after and not over.wait(0.3):
            stack.processes.restart_ended(lambda _: None)
        if over.is_set():
            return
        faults.append((time.time(), what))
        if what == "worker":
            os.kill(stack.web_workers()[0], signal.SIGKILL)
        elif what == "postgres":
            stack.restart_postgres()
        else:
            os.kill(stack.roots("redis")[0], signal.SIGKILL)
    while not over.wait(0.3):
        stack.processes.restart_ended(lambda _: None)


def _watch(stack: Stack, memory: list[tuple[float, float]], over: threading.Event) -> None:
    """Note the web processes' memory (the sum of their shares) every few seconds."""
    began = time.time()
    while not over.wait(EVERY_S):
        try:
            shares = [machine.memory_mib(pid)["pss_mib"] for pid in machine.tree(stack.roots("web"))]
        except (FileNotFoundError, ProcessLookupError, KeyError):
            # a worker that was killed meanwhile
            continue
        memory.append((time.time() - began, sum(shares)))


def _slope(memory: list[tuple[float, float]]) -> tuple[float, float]:
    """Return MiB a minute by least squares over the second half, when caches are full, and its standard error."""
    points = np.array(memory[len(memory) // 2 :])
    if len(points) < 4:
        return float("nan"), float("nan")
    coefficients, covariance = np.polyfit(points[:, 0] / 60, points[:, 1], 1, cov=True)
    return float(coefficients[0]), float(np.sqrt(covariance[0, 0]))


def _missing(ids: list[str]) -> int:
    """Return how many answered forecasts the database does not have."""
    from django.db import connection

    from predictions.models import Prediction

    # ended by the restart
    connection.close()
    kept = set(Prediction.objects.filter(public_id__in=ids).values_list("public_id", flat=True))
    return len(set(ids) - kept) + ids.count("")
