"""Extending how long a person's data is kept."""

from datetime import timedelta
from typing import TYPE_CHECKING

from django.apps import apps
from django.utils import timezone

from privacy.declarations.registry import subject_of, tables
from privacy.erasure.inactivity import INACTIVE_AFTER
from privacy.models import AccessEvent, PersonalData
from privacy.trail.services import record

if TYPE_CHECKING:
    from django.db.models import Model, QuerySet

EXTENDED_AT_MOST_EVERY = timedelta(days=30)
BATCH = 5_000


def extend(*, user_id: int) -> int:
    """Move the last day of rows that are kept while their person is active; return how many rows were moved.

    In batches, each its own transaction: a repetition does what is left. Rows are moved a month further than needed, so
    that they need not be moved again for a month, and are never past their day before their person is.
    """
    subject = subject_of(user_id)
    moved = sum(
        _extend_table(table.rows_of(subject))
        for table in tables()
        if table.personal
        and table.retention.ends_with_account
        and issubclass(apps.get_model(table.model), PersonalData)
    )
    if moved:
        record(action=AccessEvent.Action.CHANGE, subjects=[user_id], what="how long data is kept, after a sign-in")
    return moved


def _extend_table(rows: "QuerySet[Model]") -> int:
    least = timezone.now() + INACTIVE_AFTER
    ending = rows.filter(retain_until__lt=least)
    moved = 0
    while batch := list(ending.order_by("pk").values_list("pk", flat=True)[:BATCH]):
        # the base manager does not stamp: the row's content stays the same
        moved += rows.model._base_manager.filter(pk__in=batch).update(retain_until=least + EXTENDED_AT_MOST_EVERY)
    return moved
