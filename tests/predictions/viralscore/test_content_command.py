"""`manage.py viralscore`, end to end on generated files."""

import csv
from pathlib import Path

import numpy as np
import pytest
from django.core.management import CommandError, call_command
from scipy.stats import spearmanr

from predictions.viralscore.content_file import COLUMNS, LABEL
from tests.predictions.viralscore.content_files import GOOD, content_rows, write_content


@pytest.fixture(autouse=True)
def _few_rounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("predictions.viralscore.content_model._ROUNDS", 40)


@pytest.fixture(scope="module")
def train(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_content(tmp_path_factory.mktemp("content") / "train.csv", content_rows(320, seed=1))


def scores(test: Path, train: Path) -> dict[str, dict[str, str]]:
    out = test.with_suffix(".out")
    call_command("viralscore", test, train=train, out=out)
    with out.open(encoding="utf-8", newline="") as file:
        return {row["post_id"]: row for row in csv.DictReader(file)}


def test_scores_rank_posts_of_other_accounts(train: Path, tmp_path: Path) -> None:
    rows = content_rows(60, seed=2)
    found = scores(write_content(tmp_path / "test.csv", rows), train)
    assert list(found) == [row["post_id"] for row in rows]
    predicted, value = ([float(found[r["post_id"]][name]) for r in rows] for name in ("popularity", "viralscore"))
    assert spearmanr(predicted, [r[LABEL] for r in rows])[0] > 0.85
    good = np.array([r["words"].startswith(GOOD) for r in rows])
    assert np.median(np.array(value)[good]) > 0.8 > 0.3 > np.median(np.array(value)[~good])
    assert {found[r["post_id"]][name] for r in rows for name in "EHRST"} == {""}


def test_labels_of_test_and_late_posts_of_train_change_nothing(train: Path, tmp_path: Path) -> None:
    rows, learned = content_rows(20, seed=3), content_rows(320, seed=1)
    first = scores(write_content(tmp_path / "a.csv", rows), train)
    shuffled = [row | {LABEL: other[LABEL]} for row, other in zip(rows, reversed(rows), strict=True)]
    assert scores(write_content(tmp_path / "b.csv", shuffled), train) == first
    assert scores(write_content(tmp_path / "c.csv", rows, COLUMNS), train) == first
    # a row of November is after T, the 75 % quantile
    late = [row | ({LABEL: 99, "words": "leak"} if row["posted_at"] >= "2023-11" else {}) for row in learned]
    assert scores(write_content(tmp_path / "d.csv", rows), write_content(tmp_path / "late.csv", late)) == first


def test_each_row_is_scored_by_itself_whatever_stands_in_the_others(train: Path, tmp_path: Path) -> None:
    rows = content_rows(8, seed=4)
    first = scores(write_content(tmp_path / "a.csv", rows), train)
    odd = [
        rows[0] | {"post_id": "empty"} | dict.fromkeys(COLUMNS[1:], ""),
        rows[0] | {"post_id": "odd", "followers": "-inf", "posted_at": "soon", "width": "1e400", "words": "x " * 9_000},
        rows[0] | {"post_id": "sprachlos 🎉", "words": "ß 漢字 🎉 \u202e\x00 é", "followers": "1,2"},
        rows[0] | {"post_id": ""},
        rows[1],
    ]
    found = scores(write_content(tmp_path / "b.csv", [*odd, *rows]), train)
    assert {name: found[name] for name in first} == first
    assert all(np.isfinite(float(found[name]["popularity"])) for name in ("empty", "odd", "sprachlos 🎉"))
    bare = scores(write_content(tmp_path / "c.csv", rows, ("post_id", "words")), train)
    assert set(bare) == set(first)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "empty"),
        ("post_id,words\n", "no post"),
        ("words\nhello\n", "missing columns post_id"),
        ('post_id,words\na,"b\n', "broken"),
    ],
)
def test_a_file_without_posts_is_refused_with_the_reason(text: str, message: str, train: Path, tmp_path: Path) -> None:
    path = tmp_path / "test.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(CommandError, match=message):
        scores(path, train)


def test_too_few_posts_or_only_known_accounts_are_told(train: Path, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="only 0 posts to learn from"):
        call_command("viralscore", train, train=train, out=tmp_path / "out.csv")


def test_without_evidence_viralscore_is_empty(tmp_path: Path) -> None:
    rows = content_rows(10, seed=6)
    noise = write_content(tmp_path / "train.csv", content_rows(160, seed=5, word=0.0))
    found = scores(write_content(tmp_path / "test.csv", rows), noise)
    assert {row["viralscore"] for row in found.values()} == {""}
