"""`manage.py train_model FILE...`: train a global model on post history files and register it."""

import time
from argparse import ArgumentParser
from dataclasses import replace
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from predictions.engine import AccountHistory, TrainingNeedsTorch
from predictions.engine.data.csv_cells import BadHistoryFile
from predictions.engine.data.history_file import join_accounts, read_history_file
from predictions.scoring.learning import add_sub_scores
from predictions.training.partitions import train_as_set
from predictions.training.pseudonyms import pseudonym
from predictions.versions.selectors import MAY_NOT_SERVE, learned_from_forgotten
from predictions.versions.services import InvalidVersionName, register


class Command(BaseCommand):
    help = "Train a global model on files in the post history format, and register it as a new model version."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "files", nargs="+", type=Path, metavar="FILE", help="CSV, plain or gzip; accounts of several files join"
        )
        parser.add_argument("--name", help="of the version, e.g. v1.2.0; by default the next after the newest")
        parser.add_argument("--promote", action="store_true", help="let the version serve from now on")

    def handle(self, *, files: list[Path], name: str | None, promote: bool, **options: Any) -> None:
        accounts = _read(files)
        posts = list(chain.from_iterable(account.posts for account in accounts))
        last = max(counts.observed_at for post in posts for counts in post.observations)
        if last > timezone.now().timestamp():
            # comparisons take posts published after everything that a model learned from
            moment = datetime.fromtimestamp(last, UTC)
            raise CommandError(f"A post was counted at {moment:%Y-%m-%d %H:%M} UTC, which is in the future.")
        started = time.monotonic()
        try:
            model = train_as_set(accounts, until=last)
            add_sub_scores(model, accounts, datetime.fromtimestamp(last, UTC))
        except TrainingNeedsTorch as error:
            raise CommandError(str(error)) from error
        metrics = {
            "training_accounts": len(accounts),
            "training_posts": len(posts),
            "training_seconds": round(time.monotonic() - started, 1),
        }
        if promote and learned_from_forgotten(model):
            raise CommandError(f"The model {MAY_NOT_SERVE}")
        try:
            version = register(model=model, metrics=metrics, name=name, promote=promote, by="manage.py train_model")
        except InvalidVersionName as error:
            raise CommandError(str(error)) from error
        if model.is_prior:
            self.stdout.write("Too few accounts: only growth and population were learned, the rest is the prior.")
        serves = "It serves from now on." if promote else "It does not serve; use --promote for that."
        self.stdout.write(f"Registered {version.name}, trained on {len(posts):,} posts of {len(accounts):,} accounts.")
        self.stdout.write(serves)


def _read(files: list[Path]) -> list[AccountHistory]:
    accounts: list[AccountHistory] = []
    for file in files:
        try:
            accounts += (replace(a, account_id=pseudonym(a.account_id)) for a in read_history_file(file))
        except BadHistoryFile as error:
            raise CommandError(str(error)) from error
        except OSError as error:
            raise CommandError(f"{file} cannot be read: {error.strerror}.") from error
    return join_accounts(accounts)
