"""Quality of forecasts by day: on the staff page of the service, and for monitoring."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import Avg, Case, Count, Q, QuerySet, When
from django.db.models.functions import Abs, TruncDate
from django.utils import timezone

from predictions.engine.types import HORIZON, HOUR
from predictions.models import ForecastError, Prediction
from telemetry.metrics.figures import Figure, figures_of
from telemetry.service_page.charts import Chart, Series, chart
from telemetry.service_page.panels import panel

COVERAGE = Avg(Case(When(covered=True, then=1.0), default=0.0))
MEAN_ERROR = Avg(Abs("error"))


@dataclass(frozen=True, slots=True)
class Coverage:
    """Share of so many posts within their forecast's range."""

    posts: int
    share: float


@panel
def coverage_by_day(days: Sequence[date]) -> Chart:
    """Draw how many of the posts that came due each day lay within their forecast's range."""
    return coverage_chart(days, coverage_of(days))


def coverage_chart(days: Sequence[date], by_day: Mapping[date, Coverage]) -> Chart:
    """Draw the coverage of these days."""
    shares = [100 * by_day[day].share if day in by_day else None for day in days]
    summary = "Share of posts whose likes lay in the forecast's range, by the day they came due; 80 is promised."
    return chart("Forecasts within their range", summary, "%", days, [Series("within", shares)])


def coverage_of(days: Sequence[date]) -> dict[date, Coverage]:
    """Return the coverage of the posts that came due on each of these days (UTC) that has some. One query."""
    by_day = _errors(days[0], days[-1]).annotate(day=TruncDate("due_at")).values("day")
    rows = by_day.annotate(share=COVERAGE, posts=Count("pk"))
    return {row["day"]: Coverage(row["posts"], row["share"]) for row in rows}


@figures_of("forecasts")
def quality() -> Iterable[Figure]:
    """Yield coverage and error of the posts that came due in the last day and week, and the suggestions given."""
    today = timezone.now().date()
    for window, days in (("1d", 1), ("7d", 7)):
        found: dict[str, Any] = _errors(today - timedelta(days=days), today - timedelta(days=1)).aggregate(
            share=COVERAGE, error=MEAN_ERROR, posts=Count("pk")
        )
        labels = {"window": window}
        yield Figure("postcast_forecast_posts", "Posts whose forecasts came due.", found["posts"], labels)
        if found["posts"]:
            yield Figure("postcast_forecast_coverage_ratio", "Share within the 80 % range.", found["share"], labels)
            text = "Mean absolute error of log(1 + likes), in the forecast's standard deviations."
            yield Figure("postcast_forecast_error", text, found["error"], labels)
    lately = Prediction.objects.filter(created_at__gt=timezone.now() - timedelta(days=1))
    given = lately.aggregate(all=Count("pk"), given=Count("pk", filter=~Q(suggestions=None) & ~Q(suggestions=[])))
    yield Figure("postcast_forecasts_last_day", "Forecasts of the last 24 hours.", given["all"])
    yield Figure("postcast_suggestions_given_last_day", "Those of them with a suggestion.", given["given"])


def _errors(first: date, last: date) -> QuerySet[ForecastError]:
    """Return the errors at 24 hours of posts that came due on these days (UTC)."""
    return ForecastError.objects.filter(age_h=HORIZON // HOUR, due_at__date__gte=first, due_at__date__lte=last)
