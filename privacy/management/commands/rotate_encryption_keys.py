"""`manage.py rotate_encryption_keys`: seal every sealed column with the first of DATA_ENCRYPTION_KEYS."""

from typing import Any

from django.apps import apps
from django.core.management.base import BaseCommand, CommandError
from django.db import models, transaction

from privacy.declarations.kinds import Table
from privacy.declarations.registry import people_of, tables
from privacy.models import AccessEvent
from privacy.sealing import SealBroken, key_id_of, seal_bytes, sealing_key_id, unseal_bytes
from privacy.trail.services import record

BATCH = 20
"""Rows in a batch; parts of exports have a megabyte each."""


class Command(BaseCommand):
    """Works in batches, each its own transaction: it can be interrupted and started again at any point."""

    help = (
        "Seals every column that an app declares as sealed with the first of DATA_ENCRYPTION_KEYS. Put the new key in "
        "front, restart every process, run this, and only then remove the old key."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        broken: list[str] = []
        for table in tables():
            if table.sealed:
                self._rotate(table, broken)
        if broken:
            raise CommandError(
                f"{len(broken)} rows could not be opened, the key that sealed them may be missing from "
                f"DATA_ENCRYPTION_KEYS: {', '.join(broken)}"
            )

    def _rotate(self, table: Table, broken: list[str]) -> None:
        seen = resealed = last_pk = 0
        while batch := _next_batch(table, last_pk):
            last_pk = batch[-1]
            resealed += _reseal_batch(table, batch, broken)
            seen += len(batch)
        self.stdout.write(f"{table.model}: {resealed} of {seen} rows sealed anew with the key {sealing_key_id()!r}.")


def _next_batch(table: Table, after_pk: int) -> list[int]:
    rows = apps.get_model(table.model)._base_manager.filter(pk__gt=after_pk)
    return list(rows.order_by("pk").values_list("pk", flat=True)[:BATCH])


@transaction.atomic
def _reseal_batch(table: Table, batch: list[int], broken: list[str]) -> int:
    resealed = []
    for row in apps.get_model(table.model)._base_manager.select_for_update().filter(pk__in=batch).order_by("pk"):
        try:
            resealed += [row.pk] if _reseal(table, row) else []
        except SealBroken:
            broken.append(f"{table.model} {row.pk}")
    people = people_of(apps.get_model(table.model), resealed)
    record(action=AccessEvent.Action.CHANGE, subjects=people, what=f"{table.model}, sealed with another key")
    return len(resealed)


def _reseal(table: Table, row: models.Model) -> bool:
    """Seal the row's columns anew; return whether there was anything to do."""
    changed = {
        column: seal_bytes(unseal_bytes(sealed, place=place(row)), place=place(row))
        for column, place in table.sealed.items()
        if (sealed := bytes(getattr(row, column))) and key_id_of(sealed) != sealing_key_id()
    }
    if changed:
        # not by `save`, which would stamp the row: its content stays the same
        type(row)._base_manager.filter(pk=row.pk).update(**changed)
    return bool(changed)
