"""`manage.py replay_erasures`: after a restore, before anybody is let in."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from privacy.erasure.ledger import LedgerBroken
from privacy.erasure.restores.replay import replay
from privacy.erasure.steps import Waiting


class Command(BaseCommand):
    help = "Erase again everybody who was erased since the backup that this database was restored from."

    def handle(self, **options: Any) -> None:
        try:
            count = replay()
        except (LedgerBroken, Waiting) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{count} erasures were done again." if count else "There is nothing to erase again.")
