"""Reading TikTok on the staff's home page."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Count
from django.urls import reverse

from config.outside import breaker
from config.outside.addresses import host_of
from posts.models import Refresh
from telemetry.home.panels import Alarm, Line, Link, Panel, Urgency, panel
from telemetry.home.words import percent

LATELY = timedelta(days=1)
FEWEST_ENDED = 5
"""Ended refreshes of a day below which a share of failures says nothing."""
MANY_FAILED = 0.2
ENDED = (Refresh.State.DONE, Refresh.State.PARTLY_READ, Refresh.State.FAILED)


@panel(permission="posts.view_refresh", place=50)
def reading_tiktok(now: datetime) -> Panel:
    """Tell whether TikTok answers, and how the refreshes of the last day went."""
    page = reverse("admin:posts_refresh_changelist")
    failed_page = f"{page}?state__exact={Refresh.State.FAILED.value}"
    lately = Refresh.objects.filter(created_at__gt=now - LATELY)
    counts = dict(lately.order_by().values_list("state").annotate(Count("pk")))
    ended, failed = sum(counts.get(state, 0) for state in ENDED), counts.get(Refresh.State.FAILED, 0)
    waiting = counts.get(Refresh.State.WAITING, 0)
    alarms = []
    is_away = bool(settings.TIKTOK_CLIENT_KEY) and breaker.is_left_alone(f"tiktok:{host_of(settings.TIKTOK_API_URL)}")
    if is_away:
        sentence = "TikTok does not answer: it is left alone and tried again by itself. Forecasts go on."
        alarms.append(Alarm(Urgency.NOW, sentence, f"{waiting:,} wait", page, "See the refreshes"))
    if ended >= FEWEST_ENDED and failed > MANY_FAILED * ended:
        sentence = f"Many refreshes fail: {failed:,} of {ended:,} in a day."
        alarms.append(Alarm(Urgency.TODAY, sentence, percent(failed / ended, 0), failed_page, "See why"))
    lines = [
        Line("TikTok", "does not answer" if is_away else "answers", is_bad=is_away),
        Line("Refreshes in a day", f"{sum(counts.values()):,}"),
        Line("Waiting for TikTok", f"{waiting:,}"),
        Line("Failed", f"{failed:,}", is_bad=ended >= FEWEST_ENDED and failed > MANY_FAILED * ended),
    ]
    return Panel("Reading TikTok", lines, alarms, links=[Link("Refreshes", page)])
