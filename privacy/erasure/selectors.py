"""Erasures that wait or run."""

from datetime import datetime
from typing import TYPE_CHECKING

from django.db.models import Q

from privacy.models import Erasure

if TYPE_CHECKING:
    from django.db.models import QuerySet


def active_erasures(user_id: int) -> "QuerySet[Erasure]":
    """Return the person's erasures that wait or run."""
    return Erasure.objects.filter(user_id=user_id, state__in=Erasure.ACTIVE)


def erasure_of(user_id: int) -> Erasure | None:
    """Return the erasure of the whole person that waits or runs."""
    return active_erasures(user_id).filter(whole=True).first()


def due_erasures(now: datetime) -> "QuerySet[Erasure]":
    """Return the erasures that may run: begun, or past their wait."""
    return Erasure.objects.filter(Q(state=Erasure.State.RUNNING) | Q(state=Erasure.State.WAITING, due_at__lte=now))
