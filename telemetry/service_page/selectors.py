"""Reads of the page: sums of days, as charts and tables; nothing here reads single records."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Sum

from telemetry.models import Endpoint, RouteDay
from telemetry.requests.stages import STAGES
from telemetry.service_page.charts import Chart, Series, chart

SHOWN = 30
"""Days."""


@dataclass(frozen=True, slots=True)
class RouteRow:
    """One endpoint over the shown days; durations are in milliseconds, of its latest day with requests."""

    endpoint: Endpoint
    requests: int
    refused: int
    failed: int
    latest: RouteDay

    @property
    def failed_pct(self) -> float:
        return 100 * self.failed / self.requests

    @property
    def milliseconds(self) -> tuple[float, float, float]:
        """p50, p95 and p99."""
        return self.latest.p50 / 1000, self.latest.p95 / 1000, self.latest.p99 / 1000


def days_until(today: date) -> list[date]:
    """Return the shown days, oldest first."""
    return [today - timedelta(days=ago) for ago in reversed(range(SHOWN))]


def routes(days: Sequence[date]) -> list[RouteRow]:
    """Return the endpoints that were asked on these days, most requests first."""
    latest = {
        each.endpoint_id: each
        for each in RouteDay.objects.filter(day__range=(days[0], days[-1])).select_related("endpoint").order_by("day")
    }
    sums = (
        RouteDay.objects.filter(day__range=(days[0], days[-1]))
        .values("endpoint")
        .annotate(asked=Sum("requests"), turned_away=Sum("refused"), broken=Sum("failed"))
        .order_by("-asked")
    )
    return [
        RouteRow(
            latest[each["endpoint"]].endpoint,
            each["asked"],
            each["turned_away"],
            each["broken"],
            latest[each["endpoint"]],
        )
        for each in sums
    ]


def latency(endpoint: Endpoint, days: Sequence[date]) -> Chart:
    """Return the chart of the endpoint's p50, p95 and p99 by day."""
    by_day = {each.day: each for each in RouteDay.objects.filter(endpoint=endpoint, day__range=(days[0], days[-1]))}
    series = [
        Series(name, [getattr(by_day[day], name) / 1000 if day in by_day else None for day in days])
        for name in ("p50", "p95", "p99")
    ]
    summary = f"Half, 95 and 99 per cent of the requests to {endpoint} took at most so long, day by day."
    return chart(f"Latency of {endpoint}", summary, "ms", days, series)


def stages(endpoint: Endpoint, days: Sequence[date]) -> Chart:
    """Return the chart of p95 of each stage of the endpoint's requests by day: where their time goes."""
    by_day = {each.day: each.stages for each in RouteDay.objects.filter(endpoint=endpoint, day__in=days)}
    series = [
        Series(name, [by_day[day][name] / 1000 if name in by_day.get(day, {}) else None for day in days])
        for name in STAGES
    ]
    summary = f"95 per cent of the requests to {endpoint} spent at most so long in each stage, day by day."
    return chart(f"Stages of {endpoint}, p95", summary, "ms", days, series)


def errors(days: Sequence[date]) -> Chart:
    """Return the chart of the share of all requests that failed (5xx) by day, in per cent."""
    sums = RouteDay.objects.filter(day__range=(days[0], days[-1])).values("day")
    by_day = {each["day"]: each for each in sums.annotate(asked=Sum("requests"), broken=Sum("failed"))}
    shares = [100 * by_day[day]["broken"] / by_day[day]["asked"] if day in by_day else None for day in days]
    summary = "Share of all requests that the service failed to answer (5xx), day by day, in per cent."
    return chart("Requests that failed", summary, "%", days, [Series("failed", shares)])
