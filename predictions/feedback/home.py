"""New feedback on the staff's home page: counted, and without anybody's words."""

from datetime import datetime, timedelta

from django.db.models import Count, Min
from django.urls import reverse

from predictions.feedback.selectors import newest_open_feedback, open_feedback
from telemetry.home.panels import Alarm, Line, Link, Panel, Urgency, panel
from telemetry.home.words import ago

WAITS_AT_MOST = timedelta(days=2)
"""Feedback that nobody has dealt with for longer is told among what needs somebody."""
SHOWN = 3


@panel(permission="predictions.view_feedback", place=90)
def feedback_inbox(now: datetime) -> Panel:
    """Tell how much feedback waits, since when, and what the newest says in one word."""
    page = f"{reverse('admin:predictions_feedback_changelist')}?state=open"
    waiting = open_feedback(now).aggregate(count=Count("pk"), oldest=Min("updated_at"))
    count, oldest = waiting["count"], waiting["oldest"]
    alarms = []
    if oldest is not None and now - oldest > WAITS_AT_MOST:
        sentence = "People said that a forecast was wrong or useless, and nobody has dealt with it."
        alarms.append(Alarm(Urgency.SOON, sentence, f"{count:,}, oldest {ago(oldest, now)}", page, "Open the inbox"))
    lines = [Line("Not dealt with", f"{count:,}", is_bad=bool(alarms))]
    lines += [
        Line(ago(each.updated_at, now).capitalize(), f"{each.get_verdict_display()}: {each.get_reason_display()}")
        for each in newest_open_feedback(now, SHOWN)
    ]
    return Panel("Feedback inbox", lines, alarms, links=[Link("The inbox", page)])
