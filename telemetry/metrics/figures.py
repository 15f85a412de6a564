"""Figures from the database for /metrics: computed once a minute by beat for all processes, and kept in the cache.

An app registers a function that returns `Figure`s; each is bounded by `TIMEOUT_MS`. Where one fails, or beat is dead,
its figures are absent from the next scrape on, and `postcast_figures_computed_timestamp_seconds` says since when.

    @figures_of("retention")
    def retention() -> list[Figure]:
        return [Figure("postcast_overdue_rows", "Rows past their last day.", count())]
"""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import structlog
from django.core.cache import cache
from django.db import connection, transaction
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

log = structlog.get_logger(__name__)

KEY = "figures"
"""In the cache."""
KEPT_S = 5 * 60
TIMEOUT_MS = 10_000
"""Of each query."""
COMPUTED = "postcast_figures_computed_timestamp_seconds"

Compute = Callable[[], Iterable["Figure"]]
_REGISTERED: dict[str, Compute] = {}


@dataclass(frozen=True, slots=True)
class Figure:
    """A value of a gauge."""

    name: str
    text: str
    value: float
    labels: Mapping[str, str] = field(default_factory=dict)


def figures_of(source: str) -> Callable[[Compute], Compute]:
    """Return a decorator that registers what an app computes, under the source's name."""

    def register(compute: Compute) -> Compute:
        _REGISTERED[source] = compute
        return compute

    return register


def compute() -> None:
    """Compute what is registered and keep it for the scrapes of all processes; a source that fails is left out."""
    figures = []
    for source, ask in _REGISTERED.items():
        try:
            with transaction.atomic():
                _bound_queries()
                figures += [asdict(figure) for figure in ask()]
        except Exception:
            log.exception("figures_failed", source=source)
        else:
            figures.append(asdict(Figure(COMPUTED, "When figures were computed.", time.time(), {"source": source})))
    cache.set(KEY, figures, timeout=KEPT_S)


def _bound_queries() -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL statement_timeout = {TIMEOUT_MS}")


class Figures(Collector):
    """Reads the figures at a scrape."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Yield a family for each name."""
        by_name: dict[str, list[Mapping[str, Any]]] = {}
        kept: Sequence[Mapping[str, Any]] = cache.get(KEY) or ()
        for figure in kept:
            by_name.setdefault(figure["name"], []).append(figure)
        for name, figures in by_name.items():
            labels = sorted(figures[0]["labels"])
            family = GaugeMetricFamily(name, figures[0]["text"], labels=labels)
            for figure in figures:
                family.add_metric([figure["labels"][label] for label in labels], figure["value"])
            yield family
