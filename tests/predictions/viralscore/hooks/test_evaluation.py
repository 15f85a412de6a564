"""`manage.py evaluate_viralscore FILE --headlines` on generated tests whose openings decide."""

import re
from io import StringIO
from pathlib import Path

from django.core.management import call_command

from predictions.viralscore.hooks import Package
from predictions.viralscore.hooks.evaluation import _pairs
from tests.predictions.viralscore.hooks.test_hooks_command import headline_tests, write


def test_clear_pairs_are_told_apart_by_what_decides_them(tmp_path: Path) -> None:
    out = StringIO()
    file = write(tmp_path / "tests.csv", headline_tests(30, seed=1))
    call_command("evaluate_viralscore", file, headlines=True, stdout=out, stderr=StringIO())
    every, clear, clearest = out.getvalue().split("pairs, |z|>")[1:]
    shares = [float(re.search(r"^all\s+([\d.]+)", part, re.MULTILINE)[1]) for part in (every, clear, clearest)]  # type: ignore[index]
    assert 0.6 < shares[0] < shares[1] < shares[2]
    assert shares[2] > 0.85


def test_pairs_are_distinct_headlines_under_one_picture() -> None:
    shown = [("t", "p", "A", 20), ("t", "p", "B", 10), ("t", "p", "A", 90), ("t", "q", "C", 9), ("u", "p", "D", 9)]
    (pair,) = _pairs([Package(test, picture, headline, 1_000, clicks) for test, picture, headline, clicks in shown])
    assert (pair.first, pair.second) == ("A", "B")
    # 2 % and 1 % of a thousand each: 0.01 / sqrt(2 * 0.015 * 0.985 / 1000)
    assert abs(pair.z - 1.840) < 0.001
