"""`manage.py promote_model VERSION`: compare a registered version with the champion, or promote it without."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from predictions.models import ModelVersion
from predictions.training.services import challenge
from predictions.versions.artefacts import RefusedArtefact
from predictions.versions.services import promote

BY = "manage.py promote_model"


class Command(BaseCommand):
    help = "Compare a model version with the champion on later posts, and promote it if it wins."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("version", help="its name, e.g. v1.2.0")
        parser.add_argument("--without-comparison", metavar="REASON", help="promote it in any case; the reason is kept")

    def handle(self, *, version: str, without_comparison: str | None, **options: Any) -> None:
        try:
            chosen = ModelVersion.objects.get(name=version)
            if chosen.role == ModelVersion.Role.CHAMPION:
                self.stdout.write(f"{chosen.name} serves already.")
                return
            if without_comparison is not None:
                promote(version=chosen, by=BY, reason=without_comparison)
                self.stdout.write(f"{chosen.name} serves from now on.")
                return
            decision = challenge(version=chosen, by=BY)
        except ModelVersion.DoesNotExist as error:
            raise CommandError(f"There is no model version {version}.") from error
        except RefusedArtefact as error:
            raise CommandError(str(error)) from error
        self.stdout.write("It was promoted." if decision.promote else "It was not promoted.")
        self.stdout.write(decision.reason)
