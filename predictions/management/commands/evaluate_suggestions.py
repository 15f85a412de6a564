"""`manage.py evaluate_suggestions`: how true suggestions are, on creators whose true effects are known.

With `--histories`: how often the predicted better of two posts won, on real accounts.
"""

import json
import math
from argparse import ArgumentParser
from dataclasses import asdict
from importlib import import_module
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from predictions.engine.advice.drafts import advise_drafts
from predictions.engine.data.csv_cells import BadHistoryFile
from predictions.engine.data.draft_file import read_draft_file
from predictions.engine.data.history_file import read_history_file
from predictions.engine.evaluation.own_pairs import NoPairs, PairReport, WinRate, compare_own_pairs
from predictions.engine.types import Floats
from predictions.management.commands.suggest import rows_of

SIMULATION = "tests.sandbox.simulation.advice"
"""Comes with the source, not with the service."""
SIZES = ((30, 400), (100, 40), (300, 40))
RATES = {
    "effects": "effects", "raw_same": "raw means, same pairs", "ahead": "ahead of them",
    "sure": "effects, sure", "raw_sure": "raw means, same pairs", "raw_alone": "raw means alone",
}  # fmt: skip
"""Win rates of a lever, with their headings."""
HARM = float(np.log(0.95))
SCORES = ("drafts", "suggested", "uplift", "right_sign", "harm", "told", "true", "coverage", "effectless")


class Command(BaseCommand):
    help = "Simulate creators, suggest changes to their drafts, and score them by the true effects. Needs no database."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--making", choices=("sandbox", "other"), nargs="+", default=["sandbox", "other"])
        parser.add_argument("--size", nargs="+", default=[f"{posts}x{accounts}" for posts, accounts in SIZES],
                            metavar="POSTSxACCOUNTS", help="default: %(default)s")  # fmt: skip
        parser.add_argument("--seeds", type=int, default=1, help="populations of each size (default %(default)s)")
        parser.add_argument("--first-seed", type=int, default=0)
        parser.add_argument("--histories", type=Path, nargs="+", default=[], metavar="FILE",
                            help="post history files: count on each how often the predicted better of two posts of an "
                            "account won, instead of simulating")  # fmt: skip
        parser.add_argument("--report", type=Path, metavar="OUT.json")

    def handle(self, *, making: list[str], size: list[str], seeds: int, first_seed: int, **options: Any) -> None:
        if options["histories"]:
            report = [self._compare_own_pairs(path) for path in options["histories"]]
        else:
            report = self._simulate(making, size, seeds, first_seed)
        if options["report"]:
            options["report"].write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")

    def _compare_own_pairs(self, path: Path) -> dict[str, Any]:
        try:
            result = compare_own_pairs(read_history_file(path))
        except NoPairs as error:
            raise CommandError(f"{path}: {error}") from error
        except (BadHistoryFile, OSError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(_table(path, result))
        levers = [
            {name: _without_nan(value) if isinstance(value, dict) else value for name, value in asdict(lever).items()}
            for lever in result.levers
        ]
        return asdict(result) | {"file": path.name, "levers": levers}

    def _simulate(self, making: list[str], size: list[str], seeds: int, first_seed: int) -> list[dict[str, Any]]:
        try:
            sizes = [tuple(map(int, text.split("x"))) for text in size]
            simulation = import_module(SIMULATION)
        except ValueError as error:
            raise CommandError(f"--size is like 100x40, posts by accounts, not {' '.join(size)}.") from error
        except ImportError as error:
            raise CommandError("The simulation comes with the source code only: run this in a checkout.") from error
        self.stdout.write(f"{'creators':<10}{'posts':>6}{'acc.':>6}" + "".join(f"{name:>12}" for name in SCORES))
        report = []
        for name in making:
            for posts, accounts in sizes:
                outcomes = [
                    _outcomes(simulation.Population(name, seed=seed, accounts=accounts, posts=posts))
                    for seed in range(first_seed, first_seed + seeds)
                ]
                scores = score(np.concatenate(outcomes))
                report.append({"making": name, "posts": posts, "accounts": accounts, **scores})
                cells = "".join(f"{scores[column]:>12.3f}" for column in SCORES)
                self.stdout.write(f"{name:<10}{posts:>6}{accounts:>6}{cells}")
        return report


def _table(path: Path, result: PairReport) -> str:
    """Return the win rates in per cent with their 95 % intervals, each after its pairs and accounts."""
    lines = [
        f"{path.name}: {result.pairs} pairs of {result.accounts} accounts; learned from {result.learned_posts} posts "
        "before them. Won in per cent [95 %] (pairs, accounts); a coin wins 50.",
        f"{'lever':<15}" + "".join(f"{heading:>32}" for heading in RATES.values()),
    ]
    for lever in result.levers:
        lines.append(f"{lever.lever:<15}" + "".join(f"{_cell(getattr(lever, name)):>32}" for name in RATES))
    return "\n".join(lines) + "\n"


def _cell(won: WinRate) -> str:
    if not won.pairs:
        return "-"
    interval = "" if math.isnan(won.low) else f" [{100 * won.low:.1f}, {100 * won.high:.1f}]"
    return f"{100 * won.rate:.1f}{interval} ({won.pairs}, {won.accounts})"


def _without_nan(numbers: dict[str, float]) -> dict[str, float | None]:
    """Return the numbers with None for NaN, which JSON lacks."""
    return {name: None if math.isnan(number) else number for name, number in numbers.items()}


def _outcomes(population: Any) -> Floats:
    """Return a row per draft: account, suggested, effect told, low, high, true effect (log units), effect-less."""
    with TemporaryDirectory() as folder:
        history, drafts = population.write(Path(folder))
        advised = list(
            advise_drafts(
                read_history_file(history),
                [],
                read_draft_file(drafts),
                max_hashtags=settings.TIKTOK_MAX_HASHTAGS,
            )
        )
    rows = []
    for number, (account_id, of_account) in enumerate(groupby(advised, key=lambda pair: pair[0].account_id)):
        for filed, advice in of_account:
            effect = [0.0] * 4
            if advice.suggestions:
                first = advice.suggestions[0]
                row = next(row for row in rows_of([(filed, advice)]) if row[1] == "1")
                effect = [first.effect, first.low, first.high, population.true_effect(filed.draft_id, *row[-4:])]
            rows.append([number, bool(advice.suggestions), *effect, account_id in population.indifferent])
    return np.array(rows, dtype=np.float64)


def score(rows: Floats) -> dict[str, float]:
    """Score outcomes (n, 7) of drafts: of the first suggestion, over creators with effects but for `effectless`.

    `uplift` is the true effect of following it, in 100 log units, averaged over all drafts, those without one counting
    zero; `harm` the share with a true effect below minus 5 %; `effectless` the share of creators without effects who
    got any suggestion.
    """
    without = rows[:, 6] == 1
    drafts = rows[~without]
    told = drafts[drafts[:, 1] == 1]
    effect, low, high, true = told[:, 2], told[:, 3], told[:, 4], told[:, 5]
    creators, draft_of = np.unique(rows[without, 0], return_inverse=True)
    any_of = np.bincount(draft_of, rows[without, 1], minlength=len(creators)) > 0
    return {
        "drafts": float(len(drafts)),
        "suggested": float(drafts[:, 1].mean()),
        "uplift": 100 * float(drafts[:, 5].mean()),
        "right_sign": _mean(true > 0),
        "harm": _mean(true < HARM),
        "told": 100 * _mean(effect),
        "true": 100 * _mean(true),
        "coverage": _mean((low <= true) & (true <= high)),
        "effectless": _mean(any_of),
    }


def _mean(values: Any) -> float:
    return float(np.mean(values)) if len(values) else float("nan")
