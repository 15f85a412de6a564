"""`manage.py retrain_model`: a challenger from the accounts in the database, promoted if it beats the champion."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from predictions.engine import TrainingNeedsTorch
from predictions.training.services import AlreadyTraining, NothingToLearn, retrain


class Command(BaseCommand):
    help = (
        "Train a challenger on the accounts in the database, compare it with the champion on later posts, and promote "
        "it if it wins. Beat does the same each week."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--reason", default="Requested at the command line.", help="recorded with the version")

    def handle(self, *, reason: str, **options: Any) -> None:
        try:
            done = retrain(by="manage.py retrain_model", reason=reason)
        except (AlreadyTraining, NothingToLearn, TrainingNeedsTorch) as error:
            raise CommandError(str(error)) from error
        metrics = done.version.metrics
        self.stdout.write(
            f"Registered {done.version.name}, trained on {metrics['training_posts']:,} posts of "
            f"{metrics['training_accounts']:,} accounts in {metrics['training_seconds']} s."
        )
        self.stdout.write("It was promoted." if done.decision.promote else "It was not promoted.")
        self.stdout.write(done.decision.reason)
