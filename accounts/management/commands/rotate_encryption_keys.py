"""`manage.py rotate_encryption_keys`: seal every credential with the first of DATA_ENCRYPTION_KEYS."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from accounts import credentials
from accounts.models import Credential
from privacy.declarations import people_of
from privacy.models import AccessEvent
from privacy.sealing import SealBroken, sealing_key_id
from privacy.trail import record

BATCH = 100


class Command(BaseCommand):
    """Works in batches, each its own transaction: it can be interrupted and started again at any point."""

    help = (
        "Seals every credential with the first of DATA_ENCRYPTION_KEYS. Put the new key in front, restart every "
        "process, run this, and only then remove the old key."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        seen = resealed = last_pk = 0
        broken: list[int] = []
        while batch := _next_batch(last_pk):
            last_pk = batch[-1]
            resealed += _reseal(batch, broken)
            seen += len(batch)
        self.stdout.write(f"{seen} credentials: {resealed} sealed anew with the key {sealing_key_id()!r}.")
        if broken:
            raise CommandError(
                f"{len(broken)} credentials could not be opened, the key that sealed them may be missing from "
                f"DATA_ENCRYPTION_KEYS: {', '.join(map(str, broken))}"
            )


def _next_batch(after_pk: int) -> list[int]:
    return list(Credential.objects.filter(pk__gt=after_pk).order_by("pk").values_list("pk", flat=True)[:BATCH])


@transaction.atomic
def _reseal(batch: list[int], broken: list[int]) -> int:
    resealed = []
    for credential in Credential.objects.select_for_update().filter(pk__in=batch).order_by("pk"):
        try:
            resealed += [credential.pk] if credentials.reseal(credential) else []
        except SealBroken:
            broken.append(credential.pk)
    people = people_of(Credential, resealed)
    record(action=AccessEvent.Action.CHANGE, subjects=people, what="keys to the account, sealed with another key")
    return len(resealed)
