"""How long data is kept."""

from datetime import timedelta

from django.apps import apps
from django.db import models
from django.utils import timezone

from privacy.declarations import Subject, subject_of, tables
from privacy.models import PersonalData
from privacy.purposes import WHILE_ACTIVE

EXTENDED_AT_MOST_EVERY = timedelta(days=30)
BATCH = 5_000


def extend(*, user_id: int) -> int:
    """A sign-in: what is kept while its person is active is kept for that much longer; how many rows were moved.

    At most once a month for each row, in batches, each a transaction of its own: doing it again does what is left.
    """
    return sum(_extend_table(rows) for rows in _kept_while_active(subject_of(user_id)))


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
