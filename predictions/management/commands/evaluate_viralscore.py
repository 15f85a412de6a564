"""`manage.py evaluate_viralscore FILE`: an ablation of ViralScore's inputs, forward in time, with paired intervals."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from predictions.engine import TrainingNeedsTorch
from predictions.engine.data.csv_cells import BadHistoryFile
from predictions.engine.data.history_file import read_history_file
from predictions.viralscore.content_file import read_content_file
from predictions.viralscore.evaluation import Figure, ablate_content, ablate_histories
from predictions.viralscore.training import Recipe


class Command(BaseCommand):
    help = "Tell what each kind of input brings, on a content file or on post histories. Needs no database."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE")
        parser.add_argument("--histories", action="store_true", help="FILE is a post history file, not a content file")
        parser.add_argument("--seeds", type=int, default=5, help="trainings whose mean is told (default %(default)s)")
        parser.add_argument(
            "--selector", type=float, default=0.0, metavar="LAMBDA",
            help="with --histories, weigh examples by 1 + LAMBDA V (default %(default)s)",
        )  # fmt: skip

    def handle(self, *, file: Path, histories: bool, seeds: int, selector: float, **options: Any) -> None:
        try:
            if histories:
                recipe = Recipe(selector=selector)
                figures = ablate_histories(read_history_file(file), seeds, recipe, progress=self.stderr.write)
            else:
                figures = ablate_content(read_content_file(file, labelled=True).posts, seeds)
        except (BadHistoryFile, TrainingNeedsTorch, OSError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(_table(figures))


def _table(figures: list[Figure]) -> str:
    lines = [f"{'inputs':20}{'rank':>8}{'against all':>14}  95 % interval"]
    lines += [f"{f.name:20}{f.score:8.3f}{f.difference:+14.3f}  [{f.low:+.3f}, {f.high:+.3f}]" for f in figures]
    return "\n".join(lines)
