"""CSV files that people bring (UTF-8, plain or gzip): their rows, and cells that say what is wrong with them."""

import csv
import gzip
import io
import math
import re
import zlib
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from posts.content.pictures import CoverMeasures, UnreadableImage, measure_cover
from posts.content.written_counts import read_rounded

MAX_PROBLEMS = 5
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
_LIST_SIGNS = re.compile(r"[\[\]{}()\"“”‘,;|、，；/&+]|\B['’]|['’]\B")
"""Among them no apostrophe within a word: people write `annehathaway’s` where a list has quotes around its members."""
_DELIMITERS = (",", ";", "\t")
MAX_HEADER = 300
"""Characters of a header that a message repeats."""
_GZIP_MAGIC = b"\x1f\x8b"
MAX_NUMBER = 2**63 - 1
"""The largest count that can be stored."""
EARLIEST = datetime(2010, 1, 1, tzinfo=UTC)
"""Before any platform whose posts are read; TikTok's oldest posts are of 2014."""
FURTHEST_AHEAD = timedelta(days=400)
"""Drafts are planned up to a year ahead."""
_DATE_DIGITS = 8
_UNIX_UNITS = {10: "seconds", 13: "milliseconds", 16: "microseconds"}
MAX_SHOWN = 60
"""Characters of a cell that a message repeats."""


class BadHistoryFile(ValueError):
    """The file does not follow the post history format; the message lists file, line and column of each problem."""


class BadCell(ValueError):
    def __init__(self, column: str, message: str) -> None:
        super().__init__(f"column {column}: {message}")


def read_text(path: Path, columns: Sequence[str]) -> str:
    """Return the file's text; bytes that are not UTF-8 stand in it as surrogates, which `rows_of` refuses."""
    data = path.read_bytes()
    if data.startswith(_GZIP_MAGIC):
        try:
            data = gzip.decompress(data)
        except (EOFError, OSError, zlib.error) as error:
            raise BadHistoryFile(f"{path}: the gzip data is damaged or cut short ({error}).") from error
    elif path.suffix == ".gz" and data:
        raise BadHistoryFile(f"{path}: not gzip data, although the name ends in .gz.")
    if not data.strip():
        raise BadHistoryFile(f"{path}, line 1: the file is empty; expected a header: {','.join(columns)}")
    return data.decode("utf-8-sig", "surrogateescape")


def rows_of(path: Path, text: str, columns: Sequence[str]) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield each row with the line that it begins on. Raises BadHistoryFile where the table itself is broken."""
    first = text.partition("\n")[0]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=max(_DELIMITERS, key=first.count), strict=True)
    line = 1
    try:
        header = [name.strip().casefold() for name in next(reader)]
        _refuse_other_encodings(f"{path}, line 1", "".join(header))
        shown = ", ".join(header)[:MAX_HEADER]
        if missing := [name for name in columns if name not in header]:
            raise BadHistoryFile(f"{path}, line 1: missing columns {', '.join(missing)}; got {shown}.")
        if len(set(header)) < len(header):
            raise BadHistoryFile(f"{path}, line 1: a column is named twice: {shown}.")
        line = reader.line_num + 1
        for cells in reader:
            if cells:
                where = f"{path}, line {line}, column"
                for name, cell in zip(header, cells, strict=False):
                    _refuse_other_encodings(f"{where} {name}", cell)
                if len(cells) != len(header):
                    at = header[min(len(cells), len(header) - 1)]
                    raise BadHistoryFile(f"{where} {at}: the row has {len(cells)} cells, the header {len(header)}.")
                yield line, dict(zip(header, cells, strict=True))
            line = reader.line_num + 1
    except csv.Error as error:
        raise BadHistoryFile(f"{path}, line {line}: not readable as CSV ({error}).") from error


def _refuse_other_encodings(where: str, text: str) -> None:
    if not_utf8 := re.search("[\udc80-\udcff]", text):
        raise BadHistoryFile(f"{where}: byte 0x{ord(not_utf8[0]) - 0xDC00:02x} is not UTF-8.")


def cover_of(folder: Path, name: str) -> CoverMeasures | None:
    """Measure a picture in the file's folder; a path that leads out of it is refused."""
    if not name:
        return None
    try:
        picture = (folder / name).resolve()
        if picture.is_relative_to(folder):
            return measure_cover(picture.read_bytes())
    except UnreadableImage as error:
        raise BadCell("media", str(error)) from error
    except (OSError, ValueError) as error:
        raise BadCell("media", f"{name!r} cannot be read ({error}).") from error
    raise BadCell("media", f"{name!r} leads out of the file's folder.")


def text_of(row: dict[str, str], column: str) -> str:
    """Return a cell that must not be empty."""
    if value := row[column].strip():
        return value
    raise BadCell(column, "empty; expected an id.")


def moment_of(row: dict[str, str], column: str) -> int:
    """Return a cell's moment as epoch seconds, UTC where it names no zone."""
    written = row[column].strip()
    # Python would read milliseconds as a day in the year 1612
    if written.isdecimal() and len(written) != _DATE_DIGITS:
        unit = _UNIX_UNITS.get(len(written))
        hint = f" It may be {unit} since 1970." if unit else ""
        raise BadCell(column, f"{_shown(written)} is no moment; expected one like 2026-12-01T18:00:00Z.{hint}")
    try:
        moment = datetime.fromisoformat(written)
        moment = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise BadCell(column, f"{_shown(row[column])} is no moment; expected one like 2026-12-01T18:00:00Z.") from error
    latest = datetime.now(UTC) + FURTHEST_AHEAD
    if not EARLIEST <= moment <= latest:
        raise BadCell(
            column, f"{_shown(written)} is implausible; expected a moment from {EARLIEST.year} to {latest:%Y-%m-%d}."
        )
    return math.floor(moment.timestamp())


def hashtags_of(row: dict[str, str], column: str) -> list[str]:
    """Return a cell's hashtags, which are separated by spaces; refuse the lists of programming languages."""
    written = row[column]
    if found := _LIST_SIGNS.search(written):
        raise BadCell(
            column, f"{_shown(written)} has a {found[0]}; expected hashtags with spaces between them, like fyp dance."
        )
    return written.split()


def number_of(row: dict[str, str], column: str) -> float:
    """Return a cell's number, NaN for an empty one."""
    text = row[column].strip()
    if not text:
        return math.nan
    value = float(text) if _NUMBER.fullmatch(text) else math.inf
    if not math.isfinite(value):
        raise BadCell(column, f"{_shown(row[column])} is no number; expected one like 1234.")
    if value < 0:
        raise BadCell(column, f"{_shown(text)} is negative; expected zero or more.")
    if value > MAX_NUMBER:
        raise BadCell(column, f"{_shown(text)} is too large; expected at most {MAX_NUMBER:,}.")
    return value


def count_of(row: dict[str, str], column: str) -> tuple[float, float]:
    """Return a cell's count, NaN for an empty one, and the half-width of its rounding: "1.2K" is 1200 and 0.042."""
    if rounded := read_rounded(row[column]):
        return float(rounded.value), rounded.coarseness
    return number_of(row, column), 0.0


def _shown(cell: str) -> str:
    return repr(cell) if len(cell) <= MAX_SHOWN else f"{cell[:MAX_SHOWN]!r}..."
