"""Today's cost, estimated from what the database says was done, beside the budget."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from django.conf import settings
from django.core.cache import cache as shared

from telemetry.costs.measurement import read_measurement
from telemetry.costs.model import CostModel
from telemetry.costs.prices import read_prices
from telemetry.signals import work_counted

COUNTED_EVERY_S = 60


@dataclass(frozen=True, slots=True)
class Line:
    """Work of a kind since midnight (UTC), and its dollars."""

    name: str
    count: int
    dollars: float


@dataclass(frozen=True, slots=True)
class Today:
    """Today's lines, the fixed cost of the whole day, and the budget, in dollars."""

    lines: tuple[Line, ...]
    fixed: float
    budget: float

    @property
    def dollars(self) -> float:
        """The estimate so far."""
        return self.fixed + sum(line.dollars for line in self.lines)

    @property
    def is_over(self) -> bool:
        """True if the estimate is above the budget."""
        return self.dollars > self.budget


def today(now: datetime) -> Today:
    """Return the estimate for the day of `now`, in UTC, with counts at most a minute old."""
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    key = f"work-since:{midnight.date()}"
    counts = shared.get(key)
    if counts is None:
        counts = _count(midnight)
        shared.set(key, counts, COUNTED_EVERY_S)
    lines = tuple(Line(name, counts[name], counts[name] * dollars) for name, dollars in _each().items())
    return Today(lines, 24 * _model().containers(0).total, settings.DAILY_BUDGET_USD)


def _count(since: datetime) -> Counter[str]:
    """Ask the apps for {kind of work: how many since then}."""
    total: Counter[str] = Counter()
    for _, counts in work_counted.send(sender=None, since=since):
        total.update(counts)
    return total


@cache
def _each() -> dict[str, float]:
    """Return the dollars of one of each kind of work."""
    model = _model()
    measured = model.measured
    # a thousand forecasts more cost that much, with traffic, logs and a year of keeping them
    forecast = sum(model.marginal(model.containers).values()) / 1000
    works = {name: getattr(measured, name) for name in ("refresh", "observation", "learning")}
    return {"forecast": forecast, **{name: model.of_work(work) for name, work in works.items()}}


@cache
def _model() -> CostModel:
    return CostModel(read_measurement(), read_prices())
