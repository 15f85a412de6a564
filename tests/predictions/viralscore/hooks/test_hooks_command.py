"""`manage.py hooks`: learned from TRAIN alone, one score for each row of TEST."""

import csv
import random
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

HEADER = ("test_id", "picture_id", "headline", "impressions", "clicks")
OPENINGS = ("Watch how", "You won't believe how", "Report:", "Here is why", "Yesterday")
SUBJECTS = ("a farmer", "the mayor", "this girl", "a teacher", "their dog", "one baker")
ENDS = ("built a bridge", "found a letter", "answered the town", "changed the school", "painted the barn")
WORTH = dict(zip(OPENINGS, (0.5, 0.4, -0.4, 0.3, -0.5), strict=True))
Row = tuple[str, ...]


def headline_tests(number: int, seed: int) -> list[Row]:
    """Return generated tests of four headlines whose openings decide, under one picture each."""
    draw = random.Random(seed)
    rows: list[Row] = []
    for i in range(number):
        level = draw.uniform(-4.5, -3.5)
        for opening in draw.sample(OPENINGS, 4):
            headline = f"{opening} {draw.choice(SUBJECTS)} {draw.choice(ENDS)}"
            rate = 2.718 ** (level + WORTH[opening])
            clicks = round(draw.gauss(4000 * rate, (4000 * rate) ** 0.5))
            rows.append((f"t{seed}-{i}", f"p{seed}-{i}", headline, "4000", str(max(clicks, 0))))
    return rows


def write(path: Path, rows: list[Row], header: Row = HEADER) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([header, *rows])
    return path


def hooks(folder: Path, test: Path, train: Path, errors: StringIO | None = None) -> list[dict[str, str]]:
    out = folder / "out.csv"
    call_command("hooks", str(test), train=train, out=out, stdout=StringIO(), stderr=errors or StringIO())
    with out.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def train(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("hooks") / "train.csv", headline_tests(60, seed=1))


def test_it_finds_which_headline_is_clicked_more(tmp_path: Path, train: Path) -> None:
    scored = hooks(tmp_path, write(tmp_path / "test.csv", headline_tests(20, seed=2)), train)
    worth: dict[str, list[float]] = {opening: [] for opening in OPENINGS}
    for row in scored:
        opening = next(each for each in OPENINGS if row["headline"].startswith(each))
        worth[opening].append(float(row["score"]))
    means = {opening: sum(scores) / len(scores) for opening, scores in worth.items()}
    assert min(means[o] for o in OPENINGS if WORTH[o] > 0) > max(means[o] for o in OPENINGS if WORTH[o] < 0)


def test_counts_of_test_are_not_read_and_rows_do_not_touch_each_other(tmp_path: Path, train: Path) -> None:
    rows = headline_tests(5, seed=3)
    scored = hooks(tmp_path, write(tmp_path / "test.csv", rows), train)
    assert [(r["test_id"], r["picture_id"], r["headline"]) for r in scored] == [row[:3] for row in rows]
    # without counts, beside odd rows, in another order
    odd = [("", "", ""), ("t", "p", "𝕳𝖔𝖔𝖐 \u202e?!" * 300), ("t", "p", "   ")]
    bare = write(tmp_path / "bare.csv", [*odd, *(row[:3] for row in reversed(rows))], HEADER[:3])
    again = hooks(tmp_path, bare, train)
    assert [row["score"] for row in again[3:]] == [row["score"] for row in reversed(scored)]
    # a planted leak
    leaking = [(*row[:3], "4000", str(3999 - i)) for i, row in enumerate(rows)]
    assert hooks(tmp_path, write(tmp_path / "leak.csv", leaking), train) == scored


def test_odd_rows_of_train_are_left_out_and_named(tmp_path: Path, train: Path) -> None:
    lines = train.read_text().splitlines()
    odd = ["t,p,Zero,0,0", "t,p,Many,5,9", "t,p,Words,many,3", "t,p,,500,3"]
    mixed = tmp_path / "mixed.csv"
    mixed.write_text("\n".join([lines[0], *odd, *lines[1:]]) + "\n")
    test, errors = write(tmp_path / "test.csv", headline_tests(2, seed=4)), StringIO()
    assert hooks(tmp_path, test, mixed, errors) == hooks(tmp_path, test, train)
    assert errors.getvalue().count("Left out: ") == 4
    assert "line 3, column clicks" in errors.getvalue()


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("", "the file is empty"),
        ("a,b\n1,2\n", "missing columns test_id"),
        (",".join(HEADER) + "\n", "there is no row"),
        (",".join(HEADER) + "\nt,p,Alone,100,5\n", "no test has two headlines"),
    ],
)
def test_files_that_teach_nothing_are_refused(tmp_path: Path, train: Path, content: str, says: str) -> None:
    bad = tmp_path / "bad.csv"
    bad.write_text(content)
    with pytest.raises(CommandError, match=says):
        call_command("hooks", str(train), train=bad, out=tmp_path / "out.csv")
