"""Metrics of requests, counted from their records a batch at a time: off the path of the requests."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Sequence

from prometheus_client import Counter, Histogram

from telemetry.requests.queue import Request

BUCKETS = (0.005, 0.01, 0.025, 0.04, 0.06, 0.1, 0.15, 0.25, 0.5, 1, 2.5, 5, 10, 30)
"""Seconds; with the bounds of the promises (0.025, 0.06, 0.1, 0.15, 0.5) among them."""
NO_ROUTE = "(none)"

SECONDS = Histogram(
    "postcast_request_seconds",
    "Time to answer a request, by the pattern of its address and the class of its status.",
    ["route", "method", "status"],
    buckets=BUCKETS,
)
STAGE_SECONDS = Histogram(
    "postcast_request_stage_seconds",
    "Time that requests spent in a stage: authentication, account, caption, inference, database.",
    ["route", "stage"],
    buckets=BUCKETS,
)
WRITTEN = Counter("postcast_request_records_total", "Records of requests that were written.")
DROPPED = Counter(
    "postcast_request_records_dropped_total", "Records of requests that were dropped; above 0 is a fault."
)


def observe(requests: Sequence[Request]) -> None:
    """Count the requests in the histograms."""
    totals: dict[tuple[str, ...], list[float]] = defaultdict(list)
    stages: dict[tuple[str, ...], list[float]] = defaultdict(list)
    for request in requests:
        route = request.route or NO_ROUTE
        totals[route, request.method, f"{request.status // 100}xx"].append(request.total)
        for name, seconds in request.stages.items():
            stages[route, name].append(seconds)
    for histogram, by_labels in ((SECONDS, totals), (STAGE_SECONDS, stages)):
        for labels, durations in by_labels.items():
            _observe_all(histogram.labels(*labels), durations)


def _observe_all(histogram: Histogram, durations: Sequence[float]) -> None:
    """Observe all durations at once: one write for each bucket, where `observe` has two for each duration."""
    counts: dict[int, int] = defaultdict(int)
    for duration in durations:
        counts[bisect_left(BUCKETS, duration)] += 1
    histogram._sum.inc(sum(durations))
    for bucket, count in counts.items():
        histogram._buckets[bucket].inc(count)
