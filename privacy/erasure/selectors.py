"""Erasures that wait or run."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db.models import Count, F, Q

from privacy.models import Erasure
from telemetry.service_levels.gauges import Standing

if TYPE_CHECKING:
    from django.db.models import QuerySet

DONE_WITHIN = timedelta(hours=25)
"""After it falls due an erasure is late: TikTok may stay silent for a day of it."""
LOOKED_BACK = timedelta(days=7)


def active_erasures(user_id: int) -> "QuerySet[Erasure]":
    """Return the person's erasures that wait or run."""
    return Erasure.objects.filter(user_id=user_id, state__in=Erasure.ACTIVE)


def erasure_of(user_id: int) -> Erasure | None:
    """Return the erasure of the whole person that waits or runs."""
    return active_erasures(user_id).filter(whole=True).first()


def due_erasures(now: datetime) -> "QuerySet[Erasure]":
    """Return the erasures that may run: begun, or past their wait."""
    return Erasure.objects.filter(Q(state=Erasure.State.RUNNING) | Q(state=Erasure.State.WAITING, due_at__lte=now))


def erasures_on_time(now: datetime) -> Standing:
    """Return how many erasures were to be done in the last seven days, and how many were not on time."""
    to_be_done = Erasure.objects.filter(due_at__range=(now - DONE_WITHIN - LOOKED_BACK, now - DONE_WITHIN)).exclude(
        state=Erasure.State.CANCELLED
    )
    on_time = Q(state=Erasure.State.DONE, finished_at__lte=F("due_at") + DONE_WITHIN)
    found = to_be_done.aggregate(items=Count("pk"), on_time=Count("pk", filter=on_time))
    return Standing(found["items"], found["items"] - found["on_time"])
