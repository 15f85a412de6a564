"""Telemetry's own panels: requests, queues and failed tasks, cost, service levels."""

import time
from datetime import date, datetime, timedelta

from django.db.models import Case, Count, F, FloatField, Max, Min, Q, Sum, When
from django.urls import reverse
from redis.exceptions import RedisError

from telemetry.connections import redis_client
from telemetry.costs.today import today as cost_today
from telemetry.home.panels import Alarm, Line, Link, Panel, Urgency, panel
from telemetry.home.words import ago, percent, span
from telemetry.models import FailedTask, OutboxMessage, RouteDay
from telemetry.queues import Queue, queues
from telemetry.service_levels import gauges, heartbeat
from telemetry.service_levels.levels import BUDGET_DAYS, FORECASTS, HEALTH, LATENCY_S, LEVELS
from telemetry.status_page.selectors import LATE_AFTER_S, SILENT_AFTER_S

_COUNTED = ~Q(endpoint__route__regex=f"^({HEALTH})$")
_OF_FORECASTS = Q(endpoint__route__regex=f"^{FORECASTS}$")
FEWEST_FAILURES = 5
"""Failed requests of a day that are worth a look: one of few is a large share, and no trouble."""
MANY_FAILURES = 10
"""Times the share that may fail: people notice it."""
PRIVACY_LATE_AFTER_S = 3_600.0
OUTBOX_LATE_AFTER = timedelta(minutes=5)
"""Beat sends what waits there every few seconds."""


@panel(permission="telemetry.view_routeday", place=10)
def requests(now: datetime) -> Panel:
    """Tell today's requests, errors and the latency of forecasts against what is promised."""
    page = reverse("admin:telemetry_routeday_changelist")
    today, yesterday = now.date(), now.date() - timedelta(days=1)
    days = RouteDay.objects.filter(day__range=(yesterday, today)).aggregate(
        asked_today=Sum("requests", default=0, filter=_COUNTED & Q(day=today)),
        failed_today=Sum("failed", default=0, filter=_COUNTED & Q(day=today)),
        asked_before=Sum("requests", default=0, filter=_COUNTED & Q(day=yesterday)),
        failed_before=Sum("failed", default=0, filter=_COUNTED & Q(day=yesterday)),
        slowest=Max("p95", filter=_OF_FORECASTS & Q(day=today)),
    )
    asked, failed, p95 = days["asked_today"], days["failed_today"], days["slowest"]
    share, share_before = failed / max(asked, 1), days["failed_before"] / max(days["asked_before"], 1)
    budget = next(level.budget for level in LEVELS if level.name == "availability")
    limit_ms = 1_000 * float(LATENCY_S)
    alarms = []
    if failed >= FEWEST_FAILURES and share > budget:
        urgency = Urgency.NOW if share > MANY_FAILURES * budget else Urgency.TODAY
        sentence = f"{failed:,} of {asked:,} requests failed today. Yesterday {percent(share_before, 2)} did."
        alarms.append(Alarm(urgency, sentence, percent(share, 2), page, "See which routes fail"))
    if p95 is not None and p95 / 1_000 > limit_ms:
        sentence = f"Forecasts are slow today: one in twenty takes longer than {p95 / 1_000:,.0f} ms."
        alarms.append(Alarm(Urgency.TODAY, sentence, f"{p95 / 1_000:,.0f} ms", page, "See what takes long"))
    return Panel(
        "Requests today",
        lines=[
            Line("Requests", f"{asked:,}"),
            Line("Failed", f"{failed:,} ({percent(share, 2)}; {percent(budget, 2)} may)", is_bad=share > budget),
            Line(
                "Forecasts, p95",
                "none asked for" if p95 is None else f"{p95 / 1_000:,.0f} ms of {limit_ms:,.0f}",
                is_bad=p95 is not None and p95 / 1_000 > limit_ms,
            ),
        ],
        alarms=alarms,
        links=[Link("The service by day", page)],
    )


@panel(permission="telemetry.view_failedtask", place=20)
def background_work(now: datetime) -> Panel:
    """Tell what waits in the queues, whether beat lives, and which tasks failed for good."""
    page = reverse("admin:telemetry_failedtask_changelist")
    open_page = f"{page}?state__exact={FailedTask.State.OPEN.value}"
    failed = FailedTask.objects.filter(state=FailedTask.State.OPEN).aggregate(
        count=Count("pk"), kinds=Count("task", distinct=True), latest=Max("failed_at")
    )
    outbox = OutboxMessage.objects.aggregate(count=Count("pk"), oldest=Min("created_at"))
    lines, alarms = _of_queues(page)
    if failed["count"]:
        kinds = f" of {failed['kinds']} kinds" if failed["kinds"] > 1 else ""
        sentence = f"Tasks{kinds} failed for good, the last {ago(failed['latest'], now)}."
        action = "Try them again or drop them"
        alarms.append(Alarm(Urgency.TODAY, sentence, f"{failed['count']:,}", open_page, action))
    if outbox["count"] and now - outbox["oldest"] > OUTBOX_LATE_AFTER:
        sentence = f"Messages to workers are not sent; the oldest since {span(now - outbox['oldest'])}."
        outbox_page = reverse("admin:telemetry_outboxmessage_changelist")
        alarms.append(Alarm(Urgency.NOW, sentence, f"{outbox['count']:,}", outbox_page, "See what waits"))
    lines.append(Line("Failed tasks, open", f"{failed['count']:,}", is_bad=bool(failed["count"])))
    return Panel("Queues and failed tasks", lines, alarms, links=[Link("Queues and failed tasks", page)])


def _of_queues(page: str) -> tuple[list[Line], list[Alarm]]:
    try:
        with redis_client() as client:
            waiting = queues(client)
        silent_s = time.time() - heartbeat.last()
    except RedisError:
        sentence = "Redis does not answer: no work in the background is done, and limits do not hold."
        return [Line("Queues", "Redis is away", is_bad=True)], [
            Alarm(Urgency.NOW, sentence, "away", page, "See the queues")
        ]
    alarms = []
    if silent_s > SILENT_AFTER_S:
        silent = "never seen" if silent_s > time.time() - 1 else span(silent_s)
        sentence = "Background work stands still: beat, or every worker of its queue, is away."
        alarms.append(Alarm(Urgency.NOW, sentence, silent, page, "See the queues"))
    for queue in filter(_is_late, waiting):
        sentence = f"The queue “{queue.name}” stands: {queue.length:,} tasks wait."
        alarms.append(Alarm(Urgency.NOW, sentence, span(queue.age_s), page, "See the queues"))
    lines = [
        Line(queue.name.capitalize(), f"{queue.length:,} wait, {span(queue.age_s)}", is_bad=_is_late(queue))
        if queue.length
        else Line(queue.name.capitalize(), "empty")
        for queue in waiting
    ]
    return lines, alarms


def _is_late(queue: Queue) -> bool:
    return queue.age_s > LATE_AFTER_S.get(queue.name, PRIVACY_LATE_AFTER_S)


@panel(permission="telemetry.view_failedtask", place=70)
def cost_of_today(now: datetime) -> Panel:
    """Tell today's estimated cost beside the budget."""
    page = reverse("admin:telemetry_costs")
    cost = cost_today(now)
    spent = f"${cost.dollars:,.2f} of ${cost.budget:,.2f}"
    sentence = "Today costs more than the budget, by an estimate from the work done."
    alarms = [Alarm(Urgency.TODAY, sentence, spent, page, "See what costs")] if cost.is_over else []
    lines = [Line("Estimate", spent, is_bad=cost.is_over), Line("Servers of the whole day", f"${cost.fixed:,.2f}")]
    lines += [Line(line.name.capitalize(), f"{line.count:,}: ${line.dollars:,.2f}") for line in cost.lines]
    return Panel("Cost today", lines, alarms, links=[Link("Cost today", page)])


@panel(permission="telemetry.view_routeday", place=60)
def service_levels(now: datetime) -> Panel:
    """Tell how much is left of each promise's error budget."""
    page = reverse("admin:telemetry_routeday_changelist")
    lines, alarms, shares = [], [], _shares_missed(now.date())
    for level in LEVELS:
        share = shares.get(level.name)
        if share is None:
            lines.append(Line(level.title, "nothing to count"))
            continue
        left = 1 - share / level.budget
        kept = f"{percent(1 - share, 2)} kept of {percent(level.objective)}"
        lines.append(Line(level.title, f"{kept}; {max(0, left):.0%} of the error budget left", is_bad=left < 0))
        if left < 0:
            sentence = f"{level.title}: a promise is not kept. {level.promise}"
            alarms.append(Alarm(Urgency.TODAY, sentence, kept, page, "See the service by day"))
    return Panel("Service levels", lines, alarms, links=[Link("The service by day", page)])


def _shares_missed(today: date) -> dict[str, float | None]:
    """Return level -> share that missed it: of the last days for requests, else as it is counted now.

    Of forecasts it is the share that was slower than the limit at least: days keep percentiles alone.
    """
    limit = 1e6 * float(LATENCY_S)
    slower = Case(
        *(When(**{f"{name}__gt": limit}, then=share) for name, share in (("p50", 0.5), ("p95", 0.05), ("p99", 0.01))),
        default=0.0,
        output_field=FloatField(),
    )
    days = RouteDay.objects.filter(day__range=(today - timedelta(days=BUDGET_DAYS - 1), today)).aggregate(
        all_asked=Sum("requests", default=0, filter=_COUNTED),
        all_failed=Sum("failed", default=0, filter=_COUNTED),
        forecasts=Sum("requests", default=0, filter=_OF_FORECASTS),
        slow=Sum(F("requests") * slower, default=0.0, filter=_OF_FORECASTS),
    )
    counted = {
        name: standing.late / standing.items if standing.items else None
        for name, standing in gauges.standings().items()
    }
    return counted | {
        "availability": days["all_failed"] / days["all_asked"] if days["all_asked"] else None,
        "latency": days["slow"] / days["forecasts"] if days["forecasts"] else None,
    }
