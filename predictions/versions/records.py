"""Records of model versions in service: what each forecast lately, how far off it was, and how it failed."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from django.db.models import Avg, Case, Count, F, FloatField, Q, Value, When
from django.db.models.functions import Abs, Ln

from predictions.engine.types import COVERAGE
from predictions.models import ForecastFailure, ModelEvent, ModelVersion, Outcome, Prediction

JUDGED_FOR = timedelta(days=28)
LATELY = timedelta(days=1)
_LATENCIES = 2_000


@dataclass(frozen=True, slots=True)
class Record:
    """A version's own results: of the last four weeks, and its forecasts and failures of the last day."""

    results: int = 0
    log_error: float | None = None
    """Mean |log error| of its typical forecasts."""
    average_log_error: float | None = None
    """The same of the moving averages beside them."""
    coverage: float | None = None
    forecasts: int = 0
    failures: int = 0
    p90_ms: float | None = None
    """Nine in ten of its latest forecasts took at most so long."""


@dataclass(frozen=True, slots=True)
class Compared:
    """A row of the comparison of champion and challenger on posts that neither had learned from."""

    name: str
    champion: str
    challenger: str
    is_worse: bool = False


def records_of(versions: Collection[int | None], now: datetime) -> dict[int | None, Record]:
    """Return the record of each version (None: the prior)."""
    numbers = [pk for pk in versions if pk is not None]
    chosen = Q(prediction__model_version__in=numbers)
    if None in versions:
        chosen |= Q(prediction__model_version=None)
    outcomes = Outcome.objects.filter(chosen, label=Outcome.Label.MEASURED, met_at__gt=now - JUDGED_FOR)
    rows = outcomes.values("prediction__model_version").annotate(
        results=Count("pk"),
        log_error=_mean_log_error("typical"),
        average=_mean_log_error("baseline"),
        covered=Avg(Case(When(within_interval=True, then=1.0), default=0.0)),
    )
    judged: dict[int | None, Mapping[str, Any]] = {row["prediction__model_version"]: row for row in rows}
    return {pk: _record(pk, judged.get(pk, {}), now) for pk in versions}


def last_comparison(version: ModelVersion) -> ModelEvent | None:
    """Return the latest comparison of the version with a champion, whatever was decided."""
    compared = ModelEvent.objects.filter(to_version=version, figures__has_key="all")
    return compared.first()


def rows_of(event: ModelEvent) -> list[Compared]:
    """Return the figures of a comparison, side by side."""
    figures = event.figures
    groups = {"all accounts": {**figures["all"], "coverage": figures.get("coverage")}, **figures.get("cohorts", {})}
    return [row for name, group in groups.items() for row in _rows_of_group(name, group)]


def _rows_of_group(name: str, group: dict[str, dict[str, float] | None]) -> list[Compared]:
    rows = []
    if errors := group.get("log_mae"):
        champion, challenger = (float(np.expm1(errors[model])) for model in ("champion", "challenger"))
        rows.append(_row(f"Off by, {name}", champion, challenger, is_worse=challenger > champion))
    if errors := group.get("mape"):
        champion, challenger = errors["champion"], errors["challenger"]
        rows.append(_row(f"Error of the point forecast, {name}", champion, challenger, is_worse=challenger > champion))
    if coverage := group.get("coverage"):
        champion, challenger = coverage["champion"], coverage["challenger"]
        is_worse = abs(challenger - COVERAGE) > abs(champion - COVERAGE)
        rows.append(_row(f"Within the range, {name}", champion, challenger, is_worse=is_worse))
    return rows


def _row(name: str, champion: float, challenger: float, *, is_worse: bool) -> Compared:
    return Compared(name, f"{100 * champion:.1f} %", f"{100 * challenger:.1f} %", is_worse)


def _record(pk: int | None, judged: Mapping[str, Any], now: datetime) -> Record:
    predictions = Prediction.objects.filter(model_version=pk)
    latencies = list(predictions.order_by("-created_at").values_list("latency_ms", flat=True)[:_LATENCIES])
    return Record(
        results=int(judged.get("results", 0)),
        log_error=judged.get("log_error"),
        average_log_error=judged.get("average"),
        coverage=judged.get("covered"),
        forecasts=predictions.filter(created_at__gt=now - LATELY).count(),
        failures=ForecastFailure.objects.filter(model_version=pk, at__gt=now - LATELY).count(),
        p90_ms=float(np.quantile(latencies, 0.9)) if latencies else None,
    )


def _mean_log_error(forecast: str) -> Avg:
    one = Value(1.0, output_field=FloatField())
    return Avg(Abs(Ln(F(f"prediction__{forecast}") + one) - Ln(F("likes") + one)))
