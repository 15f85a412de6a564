"""Offer load to a server at a constant rate, and tell what became of it and what it cost."""

import base64
import json
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np

from deploy.local.processes import end_with_parent
from tests.bench.stack import Stack
from tests.bench.tools import ROOT, tools_python

MOST_P95_MS = 500.0
MOST_ERRORS = 0.001
"""Of all requests, at a rate that is held."""
LATEST_MS = 50.0
"""By which the generator may be late with 99 % of the requests, for its figures to be the server's."""


@dataclass(frozen=True)
class Request:
    """One request, without what all requests of a target share."""

    path: str
    headers: dict[str, str]
    body: bytes

    def as_json(self) -> dict[str, Any]:
        """Return it as the generator reads it."""
        return {"path": self.path, "headers": self.headers, "body": base64.b64encode(self.body).decode()}


@dataclass(frozen=True)
class Target:
    """What is asked: one of the stack's servers, and requests that are sent in turn."""

    server: str
    requests: Sequence[Request]


@dataclass(frozen=True)
class Offered:
    """What became of requests at one rate: one element of each array a request, in the order of the answers."""

    rate: float
    seconds: float
    due_s: np.ndarray[Any, np.dtype[np.float64]]
    ms: np.ndarray[Any, np.dtype[np.float64]]
    """From when it was due until it was answered; an unanswered one is not here but in `unanswered`."""
    status: np.ndarray[Any, np.dtype[np.int64]]
    """0 where there was no answer."""
    late_ms: np.ndarray[Any, np.dtype[np.float64]]
    ids: list[str]
    unanswered: int
    began_at: float
    cpu_s: dict[str, float]
    generator_cpu_s: float

    @property
    def errors(self) -> float:
        """The share of requests without an answer 200."""
        return (float((self.status != 200).sum()) + self.unanswered) / (len(self.ms) + self.unanswered)

    @property
    def holds(self) -> bool:
        """Whether the server holds the rate: p95 below 500 ms and fewer errors than one in a thousand."""
        return self.errors < MOST_ERRORS and self.percentile(95) < MOST_P95_MS

    def percentile(self, which: float) -> float:
        """Return a percentile of the latency in ms; of no answers, infinity."""
        return float(np.percentile(self.ms, which)) if len(self.ms) else float("inf")

    def figures(self) -> dict[str, float]:
        """Return the row of the table, as `tests.bench.report` describes it."""
        count = len(self.ms) + self.unanswered
        served = {name: seconds for name, seconds in self.cpu_s.items() if name != "workers"}
        return {
            "offered_per_s": round(self.rate, 1),
            "answered_per_s": round(float((self.status == 200).sum()) / self.seconds, 1),
            "p50_ms": round(self.percentile(50), 1),
            "p95_ms": round(self.percentile(95), 1),
            "p99_ms": round(self.percentile(99), 1),
            "errors": round(self.errors, 5),
            "cpu_ms": round(1000 * sum(served.values()) / count, 3),
            **{f"cpu_ms_{name}": round(1000 * seconds / count, 3) for name, seconds in served.items()},
            "workers_cpu_s": round(self.cpu_s["workers"], 2),
            "generator_cpu_ms": round(1000 * self.generator_cpu_s / count, 3),
            "generator_late_p99_ms": round(float(np.percentile(self.late_ms, 99)) if len(self.ms) else 0.0, 1),
        }


class Generator:
    """The load generator's process. Use as a context manager."""

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [str(tools_python()), str(Path(__file__).with_name("load.py"))],
            cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, preexec_fn=end_with_parent(),
        )  # fmt: skip
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.terminate()
        self._process.wait(10)

    def offer(self, stack: Stack, target: Target, *, rate: float, seconds: float, keep_ids: bool = False) -> Offered:
        """Send requests at `rate` a second for so many seconds, and wait for the answers."""
        base = stack.urls[target.server]
        plan = {
            "url": base, "method": "POST", "rate": rate, "seconds": seconds, "keep_ids": keep_ids,
            "requests": [each.as_json() for each in target.requests],
        }  # fmt: skip
        before = stack.cpu_s(target.server)
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps(plan) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("the load generator ended; what it says stands above")
        result = json.loads(line)
        after = stack.cpu_s(target.server)
        return Offered(
            rate=rate,
            seconds=result["seconds"],
            due_s=np.array(result["due_s"], dtype=np.float64),
            ms=np.array(result["ms"], dtype=np.float64),
            status=np.array(result["status"], dtype=np.int64),
            late_ms=np.array(result["late_ms"], dtype=np.float64),
            ids=result["ids"],
            unanswered=result["unanswered"],
            began_at=result["began_at"],
            cpu_s={part: after[part] - before[part] for part in after},
            generator_cpu_s=result["generator_cpu_s"],
        )

    def highest_rate(
        self, stack: Stack, target: Target, *, guess: float, seconds: float
    ) -> tuple[float, Offered | None]:
        """Return the highest rate found that holds, and what became of it; (0, None) if none did.

        From the guess in steps of a quarter up while it holds, or down until it does, then twice between the last two:
        at most nine tries.
        """
        rate, step, held, failed = guess, 1.25, None, None
        for _ in range(7):
            tried = self.offer(stack, target, rate=rate, seconds=seconds)
            if tried.holds:
                held = tried
            else:
                failed = rate
            if held and failed:
                break
            rate = rate * step if held else rate / step**2
        for _ in range(2 if held and failed else 0):
            assert held
            assert failed
            tried = self.offer(stack, target, rate=(held.rate + failed) / 2, seconds=seconds)
            if tried.holds:
                held = tried
            else:
                failed = tried.rate
        return (held.rate, held) if held else (0.0, None)
