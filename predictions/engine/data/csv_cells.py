"""CSV files that people bring (UTF-8, plain or gzip): their rows, and cells that say what is wrong with them."""

import csv
import gzip
import io
import math
import re
import zlib
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from posts.content.pictures import CoverMeasures, UnreadableImage, measure_cover

MAX_PROBLEMS = 5
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
_GZIP_MAGIC = b"\x1f\x8b"


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
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    line = 1
    try:
        header = next(reader)
        _refuse_other_encodings(f"{path}, line 1", "".join(header))
        if missing := [name for name in columns if name not in header]:
            raise BadHistoryFile(f"{path}, line 1: missing columns {', '.join(missing)}; got {', '.join(header)}.")
        if len(set(header)) < len(header):
            raise BadHistoryFile(f"{path}, line 1: a column is named twice: {', '.join(header)}.")
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
    try:
        moment = datetime.fromisoformat(row[column].strip())
        return math.floor((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())
    except (ValueError, OverflowError) as error:
        raise BadCell(column, f"{row[column]!r} is no moment; expected one like 2026-12-01T18:00:00Z.") from error


def number_of(row: dict[str, str], column: str) -> float:
    """Return a cell's number, NaN for an empty one."""
    text = row[column].strip()
    if not text:
        return math.nan
    value = float(text) if _NUMBER.fullmatch(text) else math.inf
    if not math.isfinite(value):
        raise BadCell(column, f"{row[column]!r} is no number; expected one like 1234.")
    if value < 0:
        raise BadCell(column, f"{text} is negative; expected zero or more.")
    return value
