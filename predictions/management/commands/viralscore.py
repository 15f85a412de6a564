"""`manage.py viralscore TEST --train TRAIN --out OUT.csv`: content scores for files in the content file format."""

import csv
import math
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from predictions.engine.data.csv_cells import BadHistoryFile
from predictions.viralscore.content_file import read_content_file
from predictions.viralscore.content_scores import COLUMNS, ContentScores, NothingToLearn, score_content


class Command(BaseCommand):
    help = (
        "Learn from TRAIN's posts before its last quarter, and score every post of TEST from its content, account and "
        "time. Needs no database. TEST's column popularity is never read."
    )
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("test", type=Path, metavar="TEST", help="content file (CSV, plain or gzip)")
        parser.add_argument("--train", type=Path, required=True, metavar="TRAIN", help="content file of other accounts")
        parser.add_argument("--out", type=Path, required=True, metavar="OUT.csv", help="write a row per post of TEST")

    def handle(self, *, test: Path, train: Path, out: Path, **options: Any) -> None:
        if not out.parent.is_dir():
            raise CommandError(f"{out} cannot be written: there is no folder {out.parent}.")
        try:
            tested, learned = read_content_file(test, labelled=False), read_content_file(train, labelled=True)
            for problem in (*learned.problems, *tested.problems):
                self.stderr.write(problem)
            scores = score_content(learned.posts, tested.posts)
            _write(out, scores)
        except (BadHistoryFile, NothingToLearn, OSError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write("\n".join(scores.notes))


def _write(path: Path, scores: ContentScores) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(("post_id", *COLUMNS))
        for post_id, row in zip(scores.post_id, scores.table, strict=True):
            writer.writerow([post_id, *("" if math.isnan(value) else f"{value:.6g}" for value in row)])
