"""`manage.py canary_model`: let a challenger serve a share of accounts, or end that."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from predictions.models import ModelVersion
from predictions.versions.services import CannotStartCanary, end_canary, start_canary

BY = "manage.py canary_model"


class Command(BaseCommand):
    help = "Let a challenger serve a share of accounts. It ends by itself if the challenger fails or is slow."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("version", nargs="?", help="its name, e.g. v1.2.0")
        what = parser.add_mutually_exclusive_group(required=True)
        what.add_argument("--share", type=float, help="of accounts, more than 0 and at most 1, e.g. 0.05")
        what.add_argument("--end", action="store_true", help="let the champion serve everybody again")

    def handle(self, *, version: str | None, share: float | None, end: bool, **options: Any) -> None:
        if end:
            ended = end_canary(by=BY, reason="Requested at the command line.")
            self.stdout.write(f"The canary of {ended.name} has ended." if ended else "No canary runs.")
            return
        if version is None:
            raise CommandError("Name a model version, as in: canary_model v1.2.0 --share 0.05")
        try:
            chosen = ModelVersion.objects.get(name=version)
            start_canary(version=chosen, share=share or 0.0, by=BY)
        except ModelVersion.DoesNotExist as error:
            raise CommandError(f"There is no model version {version}.") from error
        except CannotStartCanary as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{chosen.name} serves {share:.1%} of accounts from now on.")
