"""How long data is kept."""

from datetime import datetime, timedelta
from typing import Any

from django.apps import apps
from django.db import models
from django.utils import timezone

from privacy.declarations import Subject, subject_of, tables
from privacy.models import AccessEvent, PersonalData
from privacy.purposes import YEAR
from privacy.trail import record

INACTIVE_AFTER = YEAR
"""Without a sign-in for so long somebody is erased."""
WARNED_BEFORE = timedelta(days=91)
"""From the ninth month on pages say so, to who is signed in and to a browser that remembers (`privacy.reminding`)."""
EXTENDED_AT_MOST_EVERY = timedelta(days=30)
BATCH = 5_000


def erased_after(user: Any) -> datetime:
    """When the person is erased unless they sign in before."""
    since: datetime = user.last_login or user.date_joined
    return since + INACTIVE_AFTER


def warned_of(user: Any) -> datetime | None:
    """The day on which the person is to be warned of; None while it is far."""
    day = erased_after(user)
    return day if not user.is_staff and is_soon(day) else None


def is_soon(day: datetime) -> bool:
    """Whether it is time to warn of the day."""
    return day - timezone.now() < WARNED_BEFORE


def extend(*, user_id: int) -> int:
    """A sign-in: what is kept while its person is active is kept for that much longer; how many rows were moved.

    In batches, each a transaction of its own: doing it again does what is left. Where a row is moved it is moved by a
    month more, so that it need not be moved for that long and is never past its day before its person is.
    """
    moved = sum(_extend_table(rows) for rows in _kept_while_active(subject_of(user_id)))
    if moved:
        record(action=AccessEvent.Action.CHANGE, subjects=[user_id], what="how long data is kept, after a sign-in")
    return moved


def _kept_while_active(subject: Subject) -> list["models.QuerySet[models.Model]"]:
    return [
        table.rows_of(subject)
        for table in tables()
        if table.personal
        and table.retention.ends_with_account
        and issubclass(apps.get_model(table.model), PersonalData)
    ]


def _extend_table(rows: "models.QuerySet[models.Model]") -> int:
    least = timezone.now() + INACTIVE_AFTER
    ending = rows.filter(retain_until__lt=least)
    moved = 0
    while batch := list(ending.order_by("pk").values_list("pk", flat=True)[:BATCH]):
        # not stamped: the row itself is what it was
        moved += rows.model._base_manager.filter(pk__in=batch).update(retain_until=least + EXTENDED_AT_MOST_EVERY)
    return moved
