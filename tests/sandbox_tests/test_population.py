"""The file of simulated histories."""

import csv
import gzip
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import pytest

from tests.sandbox.simulation.creators import roster
from tests.sandbox.simulation.population import COLUMNS, creators, write

UNTIL = 20_700 * 86400


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, str]]:
    path = tmp_path_factory.mktemp("population") / "posts.csv.gz"
    written = write(path, seed=77, accounts=25, posts_max=60, until=UNTIL)
    with gzip.open(path, "rt", encoding="utf-8", newline="") as text:
        read = list(csv.DictReader(text))
    assert len(read) == written
    return read


def seconds(text: str) -> float:
    assert text.endswith("Z")
    return datetime.fromisoformat(text).timestamp()


def test_the_columns_are_those_of_the_post_history_format(rows: list[dict[str, str]]) -> None:
    assert list(rows[0]) == list(COLUMNS)
    assert len({row["account_id"] for row in rows}) == 25


def test_moments_and_counts_are_in_order(rows: list[dict[str, str]]) -> None:
    latest: dict[str, tuple[float, list[int]]] = {}
    for row in rows:
        posted, observed = seconds(row["posted_at"]), seconds(row["observed_at"])
        assert posted < observed <= UNTIL
        counts = [int(row[name]) for name in ("likes", "comments", "shares", "views")]
        before, counts_before = latest.get(row["post_id"], (posted, [0, 0, 0, 0]))
        assert observed > before
        assert all(now >= then for now, then in zip(counts, counts_before, strict=True))
        latest[row["post_id"]] = (observed, counts)
    assert {observed for observed, _ in latest.values()} == {UNTIL}


def test_a_share_of_the_posts_is_followed_through_the_first_week(rows: list[dict[str, str]]) -> None:
    observed: dict[str, int] = {}
    for row in rows:
        observed[row["post_id"]] = observed.get(row["post_id"], 0) + 1
    assert 0.25 < sum(count == 6 for count in observed.values()) / len(observed) < 0.5


def test_hashtags_are_those_of_the_caption(rows: list[dict[str, str]]) -> None:
    for row in rows:
        assert all(f"#{tag}" in row["caption"].lower() for tag in row["hashtags"].split())


def test_nobody_in_it_can_be_signed_in_as() -> None:
    indices = {creator.index for creator in creators(77, 300, 150)}
    assert len(indices) == 300
    assert indices.isdisjoint(creator.index for creator in roster(77))


def test_the_command_gives_the_same_bytes_twice(tmp_path: Path) -> None:
    for name in ("one.csv.gz", "two.csv.gz"):
        arguments = ["--accounts", "4", "--posts-max", "20", "--until", "2026-09-01", "--out", str(tmp_path / name)]
        subprocess.run(
            [sys.executable, "-m", "tests.sandbox.simulation.population", *arguments], check=True, capture_output=True
        )
    assert (tmp_path / "one.csv.gz").read_bytes() == (tmp_path / "two.csv.gz").read_bytes()


def test_wrong_arguments_are_explained(tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "tests.sandbox.simulation.population",
        "--out",
        str(tmp_path / "x"),
        "--accounts",
        "none",
    ]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 2
    assert "whole number" in ended.stderr
