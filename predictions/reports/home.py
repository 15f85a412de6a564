"""Suggestions on the staff's home page: given, applied and right by kind, and what is suggested to nobody."""

from datetime import datetime

from django.urls import reverse

from predictions.models import SuggestionSwitch
from predictions.reports.records import is_seen
from predictions.reports.selectors import JUDGED_FOR
from telemetry.home.panels import Alarm, Line, Link, Panel, Urgency, panel
from telemetry.home.words import ago


@panel(permission="predictions.view_suggestionswitch", place=45)
def suggestions(now: datetime) -> Panel:
    """Tell by kind how many suggestions were given and applied, and how often the post beat its draft's forecast."""
    page = reverse("admin:predictions_suggestionswitch_changelist")
    switches = list(SuggestionSwitch.objects.all())
    alarms = [
        Alarm(
            Urgency.SOON,
            f"Suggestions of the kind {_kind(switch)} are switched off: {switch.why}.",
            ago(switch.changed_at, now),
            page,
            "Look, suggest it again",
        )
        for switch in switches
        if switch.is_off
    ]
    lines = [Line(_kind(switch).capitalize(), _figures(switch), is_bad=switch.is_off) for switch in switches]
    title = f"Suggestions of {JUDGED_FOR.days} days"
    return Panel(title, lines or [Line("Counted", "each day; not yet")], alarms, links=[Link("By kind", page)])


def _kind(switch: SuggestionSwitch) -> str:
    return switch.feature.replace("_", " ")


def _figures(switch: SuggestionSwitch) -> str:
    given, applied, better = (switch.figures.get(name, 0) for name in ("shown", "tried", "right"))
    if not is_seen(switch.feature):
        return f"{given:,} given"
    return f"{given:,} given, {applied:,} applied, {better:,} did better"
