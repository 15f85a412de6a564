"""`manage.py sub_scores HISTORY ...`: which sub-scores have evidence on post history files, without a database."""

import math
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from predictions.engine.data.csv_cells import BadHistoryFile
from predictions.engine.data.growth import GrowthCurve, fit_growth
from predictions.engine.data.history_file import join_accounts, read_history_file
from predictions.engine.data.labels import Target
from predictions.viralscore.subscores import PARTS, Evidence, learn_record, post_table
from predictions.viralscore.subscores.pools import UsePool


class Command(BaseCommand):
    help = (
        "Fit the sub-scores of ViralScore on the earlier half of the posts of HISTORY files and judge them on the "
        "later half, as a training does: those whose lower bound is above zero would be numbers. Needs no database."
    )
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("histories", type=Path, nargs="+", metavar="HISTORY", help="post history files (CSV, gzip)")
        parser.add_argument(
            "--horizon", action="store_true", help="judge by counts after 24 hours instead of the latest ones"
        )

    def handle(self, *, histories: list[Path], horizon: bool, **options: Any) -> None:
        try:
            accounts = join_accounts(account for path in histories for account in read_history_file(path))
        except (BadHistoryFile, OSError) as error:
            raise CommandError(str(error)) from error
        until = max(counts.observed_at for each in accounts for post in each.posts for counts in post.observations)
        target: Target = "horizon" if horizon else "mature"
        curve = fit_growth(accounts, until) if horizon else GrowthCurve()
        table = post_table(accounts, curve, UsePool(accounts).circumstances, until=until, target=target)
        record = learn_record(table, until=until)
        self.stdout.write(f"{len(table)} posts of {len(accounts)} accounts; within-account rank correlation, 99 %:")
        for part in PARTS:
            self.stdout.write(_line(part, record.evidence.get(part)))
        self.stdout.write(_line("V", record.value_evidence))


def _line(name: str, evidence: Evidence | None) -> str:
    if evidence is None:
        return f"{name}  nothing to judge"
    if math.isnan(evidence.low):
        return f"{name}  too few accounts ({evidence.accounts})"
    shown = "a number" if evidence.is_enough else "a checklist"
    return (
        f"{name}  {evidence.correlation:+.3f} ({evidence.low:+.3f} to {evidence.high:+.3f}), {evidence.posts} posts of "
        f"{evidence.accounts} accounts: {shown}"
    )
