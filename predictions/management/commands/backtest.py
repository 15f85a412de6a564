"""`manage.py backtest TEST [--train TRAIN ...]`: the evaluation protocol on files in the post history format."""

import csv
import json
import math
from argparse import ArgumentParser
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from predictions.engine import TrainingNeedsTorch
from predictions.engine.data.csv_cells import BadHistoryFile
from predictions.engine.data.history_file import read_history_file
from predictions.engine.evaluation.backtest import NothingToTest, Result, run_backtest

COLUMNS = (
    "account_id", "post_id", "posted_at", "likes", "predicted_likes", "typical_likes", "low_likes", "high_likes",
    "baseline_likes",
)  # fmt: skip
SCORES = (
    "n", "mape", "median_ape", "mae", "log_mae", "spearman", "within_spearman", "within_accounts", "coverage",
    "log_width",
)  # fmt: skip


class Command(BaseCommand):
    help = "Forecast the later posts of TEST from the earlier ones and score them with baselines. Needs no database."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("test", type=Path, metavar="TEST", help="post history file (CSV, plain or gzip)")
        parser.add_argument(
            "--train", type=Path, nargs="+", action="extend", default=[], metavar="TRAIN",
            help="files of other accounts to learn from; may be repeated",
        )  # fmt: skip
        parser.add_argument("--predictions", type=Path, metavar="OUT.csv", help="write a row per test post")
        parser.add_argument("--report", type=Path, metavar="OUT.json", help="write the scores as JSON")
        parser.add_argument("--horizon", action="store_true", help="score first-day counts instead of mature ones")

    def handle(self, *args: Any, **options: Any) -> None:
        for path in (options["predictions"], options["report"]):
            if path and not path.parent.is_dir():
                raise CommandError(f"{path} cannot be written: there is no folder {path.parent}.")
        began = perf_counter()
        try:
            test = read_history_file(options["test"])
            train = [account for path in options["train"] for account in read_history_file(path)]
            reading = perf_counter() - began
            result = run_backtest(test, train, horizon=options["horizon"], progress=self._progress)
            self._progress("")
            result.report["seconds"]["reading"] = round(reading, 2)
            # printed first, as writing the files may still fail
            self.stdout.write(_table(result.report))
            if options["predictions"]:
                _write_predictions(options["predictions"], result)
            if options["report"]:
                _write_report(options["report"], result.report)
        except (BadHistoryFile, NothingToTest, TrainingNeedsTorch, OSError) as error:
            raise CommandError(str(error)) from error

    def _progress(self, message: str) -> None:
        if self.stderr.isatty():
            self.stderr.write(f"\r\033[K{message}", ending="")
            self.stderr.flush()


def _write_predictions(path: Path, result: Result) -> None:
    served = result.served
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        numbers = (result.likes, served.point, served.typical, served.low, served.high, result.baseline)
        for i, (account_id, post_id) in enumerate(zip(result.account_id, result.post_id, strict=True)):
            moment = datetime.fromtimestamp(int(result.posted_at[i]), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
            writer.writerow([account_id, post_id, moment, *(repr(float(column[i])) for column in numbers)])


def _write_report(path: Path, report: dict[str, Any]) -> None:
    path.write_text(json.dumps(_without_nan(report), indent=2, allow_nan=False) + "\n", encoding="utf-8")


def _without_nan(value: Any) -> Any:
    """Return the value with None for NaN, which JSON lacks: a score that is not defined."""
    if isinstance(value, dict):
        return {key: _without_nan(member) for key, member in value.items()}
    return None if isinstance(value, float) and math.isnan(value) else value


def _table(report: dict[str, Any]) -> str:
    split = datetime.fromtimestamp(report["split_at"], UTC).strftime("%Y-%m-%d %H:%M:%S")
    train, test = report["train"], report["test"]
    lines = [
        f"Protocol: {report['protocol']}; learned from before, tested from {split} UTC on.",
        f"Learned from {train['rows']} posts of {train['accounts']} accounts"
        + (" (too few for a model: the prior forecasts)" if train["prior_only"] else "")
        + f"; tested on {test['rows']} posts of {test['accounts']} accounts.",
        "",
        f"{'':21}" + "".join(f"{name:>17}" for name in SCORES),
    ]
    histories = {f"history {name}": scores for name, scores in report["by_history"].items()}
    counts = {
        f"{name.replace('_', ' ')}{suffix}": scores[source]
        for name, scores in report["measures"].items()
        for source, suffix in (("postcast", ""), ("baseline", ", MA5"))
    }
    for name, scores in {**report["scores"], **histories, **counts}.items():
        lines.append(f"{name:21}" + "".join(f"{_cell(scores.get(column)):>17}" for column in SCORES))
    lines += ["", "Seconds: " + ", ".join(f"{name} {value}" for name, value in report["seconds"].items())]
    return "\n".join(lines)


def _cell(value: float | None) -> str:
    if value is None or math.isnan(value):
        return "-"
    return f"{value:,.0f}" if value == int(value) or abs(value) >= 1000 else f"{value:.3f}"
