"""`manage.py suggest TEST --drafts DRAFTS.csv`: suggestions for drafts of files, without a database."""

import csv
import json
from argparse import ArgumentParser
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from predictions.engine.advice.drafts import UnknownAccount, advise_drafts
from predictions.engine.advice.suggestions import Advice, Suggestion
from predictions.engine.data.csv_cells import BadHistoryFile
from predictions.engine.data.draft_file import FiledDraft, read_draft_file
from predictions.engine.data.history_file import read_history_file

COLUMNS = (
    "draft_id", "rank", "feature", "action", "value", "effect_pct", "low_pct", "high_pct", "publish_at", "caption",
    "duration_s", "change",
)  # fmt: skip


class Command(BaseCommand):
    help = "Suggest what to change of drafts of TEST's accounts. No row means: nothing reliable. Needs no database."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("test", type=Path, metavar="TEST", help="post history file (CSV, plain or gzip)")
        parser.add_argument("--drafts", type=Path, required=True, metavar="DRAFTS.csv", help="drafts of its accounts")
        parser.add_argument(
            "--train", type=Path, nargs="+", action="extend", default=[], metavar="TRAIN",
            help="files of other accounts to learn from; may be repeated",
        )  # fmt: skip
        parser.add_argument("--out", type=Path, required=True, metavar="OUT.csv", help="write a row per suggestion")

    def handle(self, *, test: Path, drafts: Path, train: list[Path], out: Path, **options: Any) -> None:
        if not out.parent.is_dir():
            raise CommandError(f"{out} cannot be written: there is no folder {out.parent}.")
        try:
            filed = read_draft_file(drafts)
            others = [account for path in train for account in read_history_file(path)]
            advised = list(
                advise_drafts(read_history_file(test), others, filed, max_hashtags=settings.TIKTOK_MAX_HASHTAGS)
            )
            with out.open("w", newline="", encoding="utf-8") as file:
                csv.writer(file).writerows([COLUMNS, *rows_of(advised)])
        except (BadHistoryFile, UnknownAccount, OSError) as error:
            raise CommandError(str(error)) from error
        suggested = sum(bool(advice.suggestions) for _, advice in advised)
        self.stdout.write(f"{len(advised)} drafts: {suggested} with a suggestion, for the others nothing reliable.")


def rows_of(advised: Iterable[tuple[FiledDraft, Advice]]) -> Iterator[list[str]]:
    """Yield the rows (of `COLUMNS`) of drafts with their advice; rank 0 is the combination."""
    for filed, advice in advised:
        for rank, suggestion in enumerate(advice.suggestions, start=1):
            yield _row(filed, rank, suggestion)
        if advice.combination:
            yield _row(filed, 0, advice.combination)


def _row(filed: FiledDraft, rank: int, suggestion: Suggestion) -> list[str]:
    """Return one row; what stays as it is, is empty."""
    change, others = suggestion.changes[0], suggestion.changes[1:]
    draft = suggestion.draft
    measures = {name: value for c in suggestion.changes for name, value in c.measures.items()}
    if "length" in measures:
        # other hashtags, in a combination, count as well
        measures["length"] = draft.caption.length
    return [
        filed.draft_id,
        str(rank),
        "combination" if others else change.feature,
        "combine" if others else change.action,
        "; ".join(f"{c.feature} {c.action} {c.value}" for c in suggestion.changes) if others else change.value,
        *(f"{percent:.1f}" for percent in suggestion.percent),
        _iso(draft.publish_at) if draft.publish_at != filed.draft.publish_at else "",
        suggestion.text if suggestion.text != filed.text else "",
        # unlike NaN, an unknown duration, which no suggestion changes
        f"{draft.duration_s:g}" if draft.duration_s != filed.draft.duration_s and draft.duration_s > 0 else "",
        json.dumps(measures) if measures else "",
    ]


def _iso(moment: int) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
