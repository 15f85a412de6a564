"""Erasures, copies, retention and the trail on the staff's home page: counts and ages, nobody's rows."""

from datetime import datetime, timedelta

from django.db.models import Count, Min, Q
from django.urls import reverse

from privacy.erasure.selectors import DONE_WITHIN
from privacy.models import AccessEvent, DataExport, Erasure, RetentionRun
from privacy.trail.anchors import LATE_AFTER as ANCHOR_LATE_AFTER
from privacy.trail.anchors import awaited_since
from privacy.trail.chain import LATE_AFTER as SEAL_LATE_AFTER
from telemetry.home.panels import Alarm, Line, Link, Panel, Urgency, panel
from telemetry.home.words import ago, span

EXPORT_LATE_AFTER = timedelta(hours=1)
"""A copy takes minutes: one that is older is stuck, and its person waits."""


@panel(permission="privacy.view_erasure", place=55)
def erasures_and_copies(now: datetime) -> Panel:
    """Tell the oldest erasure that is due against the promise, and copies that are being made."""
    page = reverse("admin:privacy_erasure_desk")
    waiting = Erasure.objects.filter(state__in=Erasure.ACTIVE)
    is_due = Q(due_at__lte=now)
    due = waiting.aggregate(
        count=Count("pk", filter=is_due), oldest=Min("due_at", filter=is_due), grace=Count("pk", filter=~is_due)
    )
    is_made = Q(state__in=DataExport.ACTIVE)
    has_failed = Q(state=DataExport.State.FAILED, requested_at__gt=now - timedelta(days=7))
    copies = DataExport.objects.filter(is_made | has_failed).aggregate(
        count=Count("pk", filter=is_made),
        oldest=Min("requested_at", filter=is_made),
        failed=Count("pk", filter=has_failed),
    )
    failed = copies["failed"]
    alarms = []
    lag = now - due["oldest"] if due["oldest"] else timedelta()
    if lag > DONE_WITHIN:
        sentence = f"An erasure is late: it was due {span(lag)} ago, and is promised within {span(DONE_WITHIN)}."
        alarms.append(Alarm(Urgency.NOW, sentence, f"{due['count']:,} due", page, "See what holds it up"))
    age = now - copies["oldest"] if copies["oldest"] else timedelta()
    if age > EXPORT_LATE_AFTER:
        sentence = "A person waits for a copy of their data that should take minutes."
        alarms.append(Alarm(Urgency.TODAY, sentence, span(age), page, "See the copies"))
    if failed:
        sentence = "Copies of people’s data could not be made this week."
        alarms.append(Alarm(Urgency.TODAY, sentence, f"{failed:,} failed", page, "See the copies"))
    oldest = f", the oldest since {span(lag)} of {span(DONE_WITHIN)}" if due["count"] else ""
    lines = [
        Line("Erasures due", f"{due['count']:,}{oldest}", is_bad=lag > DONE_WITHIN),
        Line("Erasures in their days of grace", f"{due['grace']:,}"),
        Line("Copies being made", f"{copies['count']:,}", is_bad=age > EXPORT_LATE_AFTER),
        Line("Copies that failed this week", f"{failed:,}", is_bad=bool(failed)),
    ]
    return Panel("Erasures and copies", lines, alarms, links=[Link("Privacy desk", page)])


@panel(permission="privacy.view_retentionrun", place=58)
def retention_and_trail(now: datetime) -> Panel:
    """Tell whether what was kept for long enough goes, and whether the trail is sealed and anchored."""
    page = reverse("admin:privacy_retentionrun_changelist")
    runs = list(RetentionRun.objects.order_by("rule", "-pk").distinct("rule"))
    failing = [run for run in runs if run.error]
    anchored = awaited_since(now=now)
    unsealed = AccessEvent.objects.filter(position=None, at__lt=now - SEAL_LATE_AFTER).count()
    last = max((run.started_at for run in runs), default=None)
    alarms = []
    for run in failing:
        sentence = f"Data is not deleted in time: the rule “{run.rule}” failed {ago(run.started_at, now)}."
        alarms.append(Alarm(Urgency.TODAY, sentence, run.error, page, "See the runs"))
    if now - anchored > ANCHOR_LATE_AFTER:
        sentence = "The access trail is not anchored: what was written since can be cut off unnoticed."
        alarms.append(Alarm(Urgency.NOW, sentence, ago(anchored, now), page, "See the runs"))
    if unsealed:
        sentence = "Events of the access trail are not sealed, which takes a minute."
        alarms.append(Alarm(Urgency.NOW, sentence, f"{unsealed:,}", page, "See the runs"))
    lines = [
        Line("Last purge", ago(last, now)),
        Line("Rules that fail", f"{len(failing):,}", is_bad=bool(failing)),
        Line("Trail anchored", ago(anchored, now), is_bad=now - anchored > ANCHOR_LATE_AFTER),
        Line("Events not sealed in time", f"{unsealed:,}", is_bad=bool(unsealed)),
    ]
    return Panel("Retention and trail", lines, alarms, links=[Link("Runs of retention", page)])
