"""`manage.py hooks TEST --train TRAIN --out OUT.csv`: hook scores for headline tests, without a database."""

import csv
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from predictions.engine.data.csv_cells import MAX_PROBLEMS, BadHistoryFile
from predictions.viralscore.hooks import HookScorer, TooLittleToLearn, read_packages, read_unscored

COLUMNS = ("test_id", "picture_id", "headline", "score")


class Command(BaseCommand):
    help = (
        "Score the headlines of TEST: of two under the same picture of a test, the one with the higher score is "
        "expected to be clicked more. Learns from TRAIN alone; TEST's counts are not read. Needs no database."
    )
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("test", type=Path, metavar="TEST", help="headline tests (CSV, plain or gzip) to score")
        parser.add_argument("--train", type=Path, required=True, metavar="TRAIN", help="headline tests to learn from")
        parser.add_argument("--out", type=Path, required=True, metavar="OUT.csv", help="write a row per row of TEST")

    def handle(self, *, test: Path, train: Path, out: Path, **options: Any) -> None:
        if not out.parent.is_dir():
            raise CommandError(f"{out} cannot be written: there is no folder {out.parent}.")
        try:
            rows = read_unscored(test)
            packages, problems = read_packages(train)
            scorer = HookScorer.fit(packages)
            scores = scorer.score([row.headline for row in rows])
            with out.open("w", newline="", encoding="utf-8") as file:
                writer = csv.writer(file)
                writer.writerow(COLUMNS)
                for row, score in zip(rows, scores.tolist(), strict=True):
                    writer.writerow([row.test_id, row.picture_id, row.headline, f"{score:.6f}"])
        except (BadHistoryFile, TooLittleToLearn, OSError) as error:
            raise CommandError(str(error)) from error
        for problem in problems[:MAX_PROBLEMS]:
            self.stderr.write(f"Left out: {problem}")
        if len(problems) > MAX_PROBLEMS:
            self.stderr.write(f"Left out: {len(problems) - MAX_PROBLEMS} further rows.")
        self.stdout.write(
            f"{len(rows)} headlines scored, learned from {len(packages)} packages of {scorer.tests} tests."
        )
