"""`manage.py rollback_model`: let the previous champion serve again."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from predictions.versions.registry import PRIOR_NAME
from predictions.versions.selectors import champion_id
from predictions.versions.services import CannotRollBack, roll_back


class Command(BaseCommand):
    help = "Let the previous champion serve again, in every worker with its next forecast."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--reason", default="Requested at the command line.", help="recorded with the decision")

    def handle(self, *, reason: str, **options: Any) -> None:
        try:
            target = roll_back(champion_id=champion_id(), by="manage.py rollback_model", reason=reason)
        except CannotRollBack as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{target.name if target else f'The {PRIOR_NAME}'} serves from now on.")
