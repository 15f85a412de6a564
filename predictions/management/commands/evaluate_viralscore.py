"""`manage.py evaluate_viralscore FILE`: an ablation of ViralScore's inputs, forward in time, with paired intervals."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from predictions.engine.data.csv_cells import BadHistoryFile
from predictions.engine.data.history_file import read_history_file
from predictions.viralscore.content_file import read_content_file
from predictions.viralscore.evaluation import ablate_content, rank_captions
from predictions.viralscore.figures import Figure
from predictions.viralscore.hooks import TooLittleToLearn, read_packages
from predictions.viralscore.hooks.evaluation import evaluate_hooks


class Command(BaseCommand):
    help = (
        "Tell what each kind of input brings to popularity on a content file, to clicks on headline tests, or what "
        "captions say of an account's posts on histories. Needs no database."
    )
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE", help="content file (CSV, plain or gzip)")
        kind = parser.add_mutually_exclusive_group()
        kind.add_argument("--headlines", action="store_true", help="FILE has headline tests")
        kind.add_argument("--histories", action="store_true", help="FILE has post histories")

    def handle(self, *, file: Path, headlines: bool, histories: bool, **options: Any) -> None:
        try:
            if headlines:
                self._tell_headlines(file)
            elif histories:
                self._tell("rank in account", "all accounts", rank_captions(read_history_file(file)))
            else:
                self._tell_content(file)
        except (BadHistoryFile, TooLittleToLearn, OSError) as error:
            raise CommandError(str(error)) from error

    def _tell_content(self, file: Path) -> None:
        figures = ablate_content(read_content_file(file, labelled=True).posts, progress=self.stderr.write)
        self.stdout.write(f"{figures.posts} test posts.")
        self._tell("Spearman", "all", figures.spearman)
        self._tell("MAPE", "all", figures.mape)
        aucs = ", ".join(f"{auc:.2f}" for auc in figures.auc)
        self.stdout.write(f"viralscore tells posts above their account's level with an AUC of {aucs} (by part).")

    def _tell_headlines(self, file: Path) -> None:
        for figures in evaluate_hooks(read_packages(file)[0], progress=self.stderr.write):
            self._tell(f"{figures.pairs} pairs, |z|>{figures.least_z:g}", "all", figures.right)

    def _tell(self, measure: str, against: str, figures: list[Figure]) -> None:
        self.stdout.write(f"{measure:20}{'score':>8}  against {against}, 95 % interval")
        for f in figures:
            self.stdout.write(f"{f.name:20}{f.score:8.3f}  {f.difference:+.3f} [{f.low:+.3f}, {f.high:+.3f}]")
