"""Quality and drift on the staff's home page."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Avg, Count, F, FloatField, Value
from django.db.models.functions import Abs, Ln, TruncDate
from django.urls import reverse

from predictions.models import DriftCheck, Outcome
from predictions.monitoring.panels import Coverage, coverage_chart, coverage_of
from telemetry.home.panels import Alarm, Line, Link, Panel, Urgency, panel
from telemetry.home.words import ago, percent, span
from telemetry.service_page.charts import Series, chart

SHOWN_DAYS, RECENT_DAYS, COMPARED_DAYS = 14, 7, 28
FEWEST_POSTS = 50
"""Posts with a result below which nothing is said of a week."""
WORSE = 1.15
"""Times the error of the weeks before: a model got worse."""
LEAST_COVERAGE = 0.75
CHECK_LATE_AFTER = timedelta(hours=3)
"""Drift is checked every hour."""


@dataclass(frozen=True, slots=True)
class DayErrors:
    """Mean |log error| of forecasts, and of the moving average, over the posts that got their result on a day."""

    posts: int
    forecast: float
    average: float


@panel(permission="predictions.view_driftcheck", place=30)
def quality_of_forecasts(now: datetime) -> Panel:
    """Tell how far off forecasts are beside the moving average, and how many posts lie in their range."""
    today = now.date()
    days = [today - timedelta(days=back) for back in reversed(range(COMPARED_DAYS))]
    by_day = _errors_by_day(days)
    recent, before = _mean(by_day, days[-RECENT_DAYS:]), _mean(by_day, days[:-RECENT_DAYS])
    shown = days[-SHOWN_DAYS:]
    covered_by_day = coverage_of(shown)
    covered = _covered([covered_by_day[day] for day in days[-RECENT_DAYS:] if day in covered_by_day])
    models = reverse("admin:predictions_modelversion_changelist")
    alarms = []
    if min(recent.posts, before.posts) >= FEWEST_POSTS and recent.forecast > WORSE * before.forecast:
        sentence = f"The model got worse: off by {_off(recent.forecast)} this week, {_off(before.forecast)} before."
        alarms.append(Alarm(Urgency.TODAY, sentence, _off(recent.forecast), models, "Look at the models, roll back"))
    if recent.posts >= FEWEST_POSTS and recent.forecast > recent.average:
        sentence = f"A moving average forecasts better than the model this week: off by {_off(recent.average)}."
        alarms.append(Alarm(Urgency.TODAY, sentence, _off(recent.forecast), models, "Look at the models, roll back"))
    if covered.posts >= FEWEST_POSTS and covered.share < LEAST_COVERAGE:
        sentence = (
            f"Ranges hold too few posts this week: {percent(covered.share)} of {covered.posts:,}; 80 % is promised."
        )
        alarms.append(Alarm(Urgency.TODAY, sentence, percent(covered.share), models, "Look at the models"))
    lines = [Line("Results this week", f"{recent.posts:,} posts")]
    if recent.posts:
        better = recent.forecast <= recent.average
        lines.append(Line("Forecasts are off by", _off(recent.forecast), is_bad=not better))
        lines.append(Line("A moving average by", _off(recent.average)))
    if covered.posts:
        is_bad = covered.share < LEAST_COVERAGE
        lines.append(Line("Within the range", f"{percent(covered.share)} of {covered.posts:,}", is_bad=is_bad))
    errors = chart(
        "How far off, by day",
        "How far off forecasts were of the posts that got their result each day, beside a moving average.",
        "%",
        shown,
        [
            Series("forecast", [_percent_off(by_day[day].forecast) if day in by_day else None for day in shown]),
            Series("moving average", [_percent_off(by_day[day].average) if day in by_day else None for day in shown]),
        ],
    )
    return Panel(
        "Quality of forecasts",
        lines,
        alarms,
        charts=[errors, coverage_chart(shown, covered_by_day)],
        links=[Link("Models", models)],
    )


@panel(permission="predictions.view_driftcheck", place=40)
def drift(now: datetime) -> Panel:
    """Tell the latest check of drift, and alarms whose change goes on."""
    page = reverse("admin:predictions_driftcheck_changelist")
    latest = DriftCheck.objects.first()
    ongoing = DriftCheck.objects.filter(verdict=DriftCheck.Verdict.ALARM, over_at=None).first()
    if latest is None:
        return Panel("Drift", [Line("Last check", "never")], links=[Link("Checks", page)])
    alarms = []
    if ongoing is not None:
        asked = ongoing.retraining_requested_at
        training = f"Retraining was asked for {ago(asked, now)}." if asked else "No retraining was asked for."
        sentence = f"Forecasts miss otherwise than they used to ({ongoing.reason}). {training}"
        since = f"for {span(now - ongoing.changed_since)}" if ongoing.changed_since else ""
        alarms.append(Alarm(Urgency.TODAY, sentence, since, page, "See the checks"))
    is_late = now - latest.checked_at > CHECK_LATE_AFTER
    if is_late:
        sentence = "Drift is checked every hour, and was not."
        alarms.append(Alarm(Urgency.SOON, sentence, ago(latest.checked_at, now), page, "See the checks"))
    verdict = latest.get_verdict_display()
    lines = [
        Line("Last check", ago(latest.checked_at, now), is_bad=is_late),
        Line("Found", verdict.replace("Too few", "Too few posts to tell"), is_bad=ongoing is not None),
        Line("From", f"{latest.posts:,} posts"),
        Line("Features that moved", f"{len(latest.features)}"),
    ]
    return Panel("Drift", lines, alarms, links=[Link("Checks", page)])


def _errors_by_day(days: Sequence[date]) -> dict[date, DayErrors]:
    outcomes = Outcome.objects.filter(
        label=Outcome.Label.MEASURED, met_at__date__range=(days[0], days[-1]), prediction__baseline__isnull=False
    )
    rows = (
        outcomes.annotate(day=TruncDate("met_at"))
        .values("day")
        .annotate(posts=Count("pk"), forecast=_mean_log_error("typical"), average=_mean_log_error("baseline"))
        .order_by("day")
    )
    return {row["day"]: DayErrors(row["posts"], row["forecast"], row["average"]) for row in rows}


def _mean_log_error(forecast: str) -> Avg:
    one = Value(1.0, output_field=FloatField())
    return Avg(Abs(Ln(F(f"prediction__{forecast}") + one) - Ln(F("likes") + one)))


def _mean(by_day: dict[date, DayErrors], days: Sequence[date]) -> DayErrors:
    of_these = [by_day[day] for day in days if day in by_day]
    posts = sum(day.posts for day in of_these)
    return DayErrors(
        posts,
        sum(day.posts * day.forecast for day in of_these) / max(posts, 1),
        sum(day.posts * day.average for day in of_these) / max(posts, 1),
    )


def _covered(days: Sequence[Coverage]) -> Coverage:
    posts = sum(day.posts for day in days)
    return Coverage(posts, sum(day.posts * day.share for day in days) / max(posts, 1))


def _percent_off(log_error: float) -> float:
    return 100 * math.expm1(log_error)


def _off(log_error: float) -> str:
    return f"{_percent_off(log_error):.0f} %"
