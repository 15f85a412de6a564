"""How long data is kept."""

from datetime import datetime, timedelta
from typing import Any

from django.apps import apps
from django.db import models
from django.utils import timezone

from privacy.declarations import Subject, subject_of, tables
from privacy.models import AccessEvent, PersonalData
from privacy.purposes import WHILE_ACTIVE, YEAR
from privacy.trail import record

INACTIVE_AFTER = YEAR
"""Without a sign-in for so long somebody is erased."""
WARNED_BEFORE = timedelta(days=91)
"""From the ninth month on pages say so."""
EXTENDED_AT_MOST_EVERY = timedelta(days=30)
BATCH = 5_000


def erased_after(user: Any) -> datetime:
    """When the person is erased unless they sign in before."""
    since: datetime = user.last_login or user.date_joined
    return since + INACTIVE_AFTER


def warned_of(user: Any) -> datetime | None:
    """The day on which the person is to be warned of; None while it is far."""
    day = erased_after(user)
    return day if not user.is_staff and day - timezone.now() < WARNED_BEFORE else None


def extend(*, user_id: int) -> int:
    """A sign-in: what is kept while its person is active is kept for that much longer; how many rows were moved.

    At most once a month for each row, in batches, each a transaction of its own: doing it again does what is left.
    """
    moved = sum(_extend_table(rows) for rows in _kept_while_active(subject_of(user_id)))
    if moved:
        record(action=AccessEvent.Action.CHANGE, subjects=[user_id], what="how long data is kept, after a sign-in")
    return moved


def _kept_while_active(subject: Subject) -> list["models.QuerySet[models.Model]"]:
    return [
        table.rows_of(subject)
        for table in tables()
        if table.personal and table.retention == WHILE_ACTIVE and issubclass(apps.get_model(table.model), PersonalData)
    ]


def _extend_table(rows: "models.QuerySet[models.Model]") -> int:
    assert WHILE_ACTIVE.period is not None
    until = timezone.now() + WHILE_ACTIVE.period
    ending = rows.filter(retain_until__lt=until - EXTENDED_AT_MOST_EVERY)
    moved = 0
    while batch := list(ending.order_by("pk").values_list("pk", flat=True)[:BATCH]):
        moved += rows.model._base_manager.filter(pk__in=batch).update(retain_until=until)
    return moved
