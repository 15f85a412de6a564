"""`manage.py rebuild_ledger`: when the ledger of erasures was lost or cut."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from privacy.erasure.ledger import LedgerBroken, fingerprint
from privacy.erasure.restores.replay import rebuild


class Command(BaseCommand):
    help = (
        "Rewrite the lines that the ledger of erasures has lost, from the receipts in the database. First put "
        "the lost file's first line, its key, in place: without it, backups from before now bring back the erased."
    )

    def handle(self, **options: Any) -> None:
        begun_anew = not fingerprint()
        try:
            count = rebuild()
        except LedgerBroken as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{count} lines were written again." if count else "The ledger has lost nothing.")
        if count and begun_anew:
            self.stdout.write("The file was begun anew, with another key: restore no backup from before now.")
