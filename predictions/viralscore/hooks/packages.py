"""Files of headline tests: a row is a package, a headline with a picture, shown to visitors drawn at random.

Columns: `COLUMNS` for what is learned from, `UNSCORED` for what is scored; others are not looked at.
"""

from dataclasses import dataclass
from pathlib import Path

from predictions.engine.data.csv_cells import (
    MAX_PROBLEMS,
    BadCell,
    BadHistoryFile,
    number_of,
    read_text,
    rows_of,
    text_of,
)

UNSCORED = ("test_id", "picture_id", "headline")
COLUMNS = (*UNSCORED, "impressions", "clicks")
MAX_HEADLINE = 500
"""Characters of a headline that are read."""


@dataclass(frozen=True, slots=True)
class Package:
    """A headline with a picture in a test, and how often it was shown and clicked."""

    test_id: str
    picture_id: str
    headline: str
    impressions: float
    clicks: float


@dataclass(frozen=True, slots=True)
class Unscored:
    """A row to score, as it stands in the file."""

    test_id: str
    picture_id: str
    headline: str


def read_packages(path: Path) -> tuple[list[Package], list[str]]:
    """Return the packages to learn from, and what is wrong with the rows that are left out.

    Raises BadHistoryFile where the table is broken or no row can be used, and OSError when it cannot be opened.
    """
    packages, problems = [], []
    for line, row in rows_of(path, read_text(path, COLUMNS), COLUMNS):
        try:
            packages.append(_package(row))
        except BadCell as problem:
            problems.append(f"{path}, line {line}, {problem}")
    if not packages:
        listed = problems[:MAX_PROBLEMS] or [f"{path}, line 2: there is no row below the header."]
        raise BadHistoryFile("\n".join(listed))
    return packages, problems


def read_unscored(path: Path) -> list[Unscored]:
    """Return all rows of a file in order; counts are not read. Raises BadHistoryFile and OSError."""
    rows = rows_of(path, read_text(path, UNSCORED), UNSCORED)
    return [Unscored(*(row[name] for name in UNSCORED)) for _, row in rows]


def _package(row: dict[str, str]) -> Package:
    impressions, clicks = number_of(row, "impressions"), number_of(row, "clicks")
    if not impressions > 0:
        raise BadCell("impressions", "nobody saw it; expected a number above zero.")
    if not clicks <= impressions:
        raise BadCell("clicks", f"{row['clicks']!r} of {row['impressions']!r} impressions is not possible.")
    text_of(row, "headline")
    return Package(row["test_id"], row["picture_id"], row["headline"], impressions, clicks)
