"""Texts that wait for staff on their home page: counted, and without anybody's words."""

from datetime import datetime, timedelta

from django.db.models import Count, Min
from django.urls import reverse

from predictions.models import CaptionAppeal
from telemetry.home.panels import Alarm, Line, Link, Panel, Urgency, panel
from telemetry.home.words import ago

WAITS_AT_MOST = timedelta(days=2)
"""An appeal that nobody decided for longer is told among what needs somebody."""


@panel(permission="predictions.view_captionappeal", place=91)
def caption_appeals(now: datetime) -> Panel:
    """Tell how many appeals wait, and since when."""
    page = f"{reverse('admin:predictions_captionappeal_changelist')}?state__exact={CaptionAppeal.State.OPEN}"
    waiting = CaptionAppeal.objects.filter(state=CaptionAppeal.State.OPEN)
    found = waiting.aggregate(count=Count("pk"), oldest=Min("created_at"))
    count, oldest = found["count"], found["oldest"]
    alarms = []
    if oldest is not None and now - oldest > WAITS_AT_MOST:
        sentence = "People said that a brief was held back by mistake, and nobody has decided."
        alarms.append(Alarm(Urgency.SOON, sentence, f"{count:,}, oldest {ago(oldest, now)}", page, "Open the appeals"))
    return Panel(
        "Texts held back",
        [Line("To decide", f"{count:,}", is_bad=bool(alarms))],
        alarms,
        links=[Link("The list", page)],
    )
