"""Tables of posts (CSV): the post history format, and the table of posts in Postcast's own copy of a person's data.

A row is one observation of a post. Read row by row: a row that cannot be used is skipped, with its line and reason.
"""

import codecs
import csv
import io
import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import IO, Any

from config.csv_cells import unguarded
from posts.content.captions import hashtags_in
from posts.platforms.base import FetchedCounts
from posts.platforms.exports.bounded import Unpacked
from posts.platforms.exports.rows import BadFile, BadRow, FileFacts, ImportedRow, ReadRow, Skipped
from posts.platforms.exports.values import (
    MAX_DURATION_S,
    coarseness,
    count,
    flag,
    id_in_link,
    moment,
    post_id,
    share_url,
    shown,
    text,
    written_count,
)

COLUMNS = (
    *("account_id", "post_id", "posted_at", "observed_at", "caption", "hashtags", "duration_s", "followers"),
    *("likes", "comments", "shares", "views", "coarseness", "share_url", "is_ai_generated"),
)
"""Columns that are read; others are ignored."""
_OTHER_NAMES = {"tiktok_id": "post_id", "link": "share_url", "url": "share_url"}
DELIMITERS = (",", ";", "\t")
MAX_LINE = 200_000
"""Characters of a line."""
MAX_COLUMNS = 200


def read_table(file: "IO[bytes] | Unpacked", facts: FileFacts, name: str, *, now: datetime) -> Iterator[ReadRow]:
    """Yield the table's rows. Raise BadFile where it is no such table, or its quoting breaks off."""
    facts.origin = "csv"
    accounts: set[str] = set()
    for line, cells in cells_of(file, name, facts):
        if isinstance(cells, str):
            yield Skipped(line, cells)
            continue
        if account := cells.get("account_id", "").strip():
            accounts.add(account)
            if len(accounts) > 1:
                raise BadFile(
                    f"{name} has posts of several accounts ({' and '.join(map(shown, sorted(accounts)))} among them): "
                    "please bring a file for each account."
                )
        try:
            yield row_of(line, cells, now=now)
        except BadRow as problem:
            yield Skipped(line, str(problem))


def row_of(number: int, cells: dict[str, Any], *, now: datetime) -> ImportedRow:
    """Return a row of the post history format from its cells: texts of a table, or values that a program pushes.

    Raise BadRow with the first problem. `posted_at` may be missing: the caller decides whether it knows the post.
    """
    link = cells.get("share_url")
    posted_at = moment("posted_at", cells["posted_at"], now=now) if cells.get("posted_at") else None
    observed_at = moment("observed_at", cells["observed_at"], now=now) if cells.get("observed_at") else None
    if posted_at and observed_at and observed_at < posted_at:
        raise BadRow("observed_at is before posted_at; expected the counts to be read after publishing")
    return ImportedRow(
        number=number,
        id=post_id("post_id", cells.get("post_id")) or id_in_link(link),
        posted_at=posted_at,
        caption=_caption(cells.get("caption"), cells.get("hashtags")),
        duration_s=count("duration_s", _whole(cells.get("duration_s")), most=MAX_DURATION_S),
        share_url=share_url(link),
        is_ai_generated=flag(cells.get("is_ai_generated")),
        counts=FetchedCounts.of(
            written_count("likes", cells.get("likes")),
            written_count("comments", cells.get("comments")),
            written_count("shares", cells.get("shares")),
            written_count("views", cells.get("views")),
            coarseness=coarseness(cells.get("coarseness")) or 0.0,
        ),
        observed_at=observed_at,
        followers=count("followers", cells.get("followers")),
    )


def cells_of(
    file: "IO[bytes] | Unpacked", name: str, facts: FileFacts, required: tuple[str, ...] = ("posted_at",)
) -> Iterator[tuple[int, dict[str, str] | str]]:
    """Yield each row's line with its cells by column, or with the reason why it has none. Raise BadFile."""
    lines = _lines(file, name)
    first, above = next(lines, ""), 0
    if first.strip().casefold().startswith("sep="):
        first, above = next(lines, ""), 1
    delimiter = _delimiter(first)
    reader = csv.reader(_chained(first, lines), delimiter=delimiter, strict=True)
    line = 1
    try:
        written = [cell.strip().casefold() for cell in next(reader, [])]
        header = [_OTHER_NAMES.get(column, column) for column in written]
        _check_header(header, name, required)
        facts.layout = (
            f"a table with the columns {', '.join(column for column in header if column in COLUMNS)}, in {name}"
        )
        for cells in reader:
            begun, line = above + line + 1, reader.line_num
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) != len(header):
                yield begun, f"has {len(cells)} cells where the header has {len(header)}"
            else:
                yield begun, dict(zip(header, map(unguarded, cells), strict=True))
    except csv.Error as error:
        raise BadFile(f"{name}, line {above + line + 1}, cannot be read as CSV: {error}.") from error


def _check_header(header: list[str], name: str, required: tuple[str, ...]) -> None:
    if len(header) > MAX_COLUMNS:
        raise BadFile(f"{name} has {len(header)} columns; expected at most {MAX_COLUMNS}.")
    known = [column for column in header if column in COLUMNS]
    if not set(required) <= set(known) or not {"post_id", "share_url", "caption"} & set(known):
        raise BadFile(
            f"{name} is neither TikTok's data export nor a table of posts. Looked for a JSON object, or for a first "
            f"line with posted_at and post_id among {', '.join(COLUMNS)}; separated by commas, semicolons or tabs."
        )
    if len(set(known)) < len(known):
        raise BadFile(f"{name} names a column twice: {', '.join(known)}.")


def _caption(caption: Any, hashtags: Any) -> str:
    """Return the caption with those hashtags that are not in it."""
    written = text(caption)
    tags = _tags_in(hashtags) if isinstance(hashtags, str) else hashtags if isinstance(hashtags, list) else []
    words = {word.casefold() for word in written.replace("#", " #").split()}
    missing = [f"#{tag}" for each in tags[:100] if (tag := text(each, most=100).strip().lstrip("#＃"))]
    return " ".join(filter(None, [written, *(tag for tag in missing if tag.casefold() not in words)]))


def _tags_in(cell: str) -> list[str]:
    """Return the hashtags of a cell, whatever is between them: spaces, commas, or the signs of a list in a program."""
    return hashtags_in(" ".join(f"#{word}" for word in re.split(r"[\s\[\]{}()'\"“”‘’,;|、，；]+", cell) if word))


def _whole(seconds: Any) -> Any:
    """Return a length like "21.4" in whole seconds, anything else as it is."""
    try:
        value = float(seconds) if isinstance(seconds, str | int | float) and not isinstance(seconds, bool) else None
        return seconds if value is None or value != value or abs(value) > MAX_DURATION_S else round(value)
    except (ValueError, OverflowError):
        return seconds


def _lines(file: "IO[bytes] | Unpacked", name: str) -> Iterator[str]:
    """Yield the text's lines with their ends. Raise BadFile for other encodings than UTF-8, and lines without end."""
    decoder = codecs.getincrementaldecoder("utf-8-sig")("strict")
    pending, number = "", 1
    try:
        while data := file.read(64 * 1024):
            # of the last line the rest is still to come, be it only the second half of "\\r\\n"
            *whole, pending = [*io.StringIO(pending + decoder.decode(data), newline="")] or [""]
            if pending.endswith("\n"):
                whole, pending = [*whole, pending], ""
            number += len(whole)
            yield from whole
            if len(pending) > MAX_LINE:
                raise BadFile(
                    f"{name}, line {number}, is longer than {MAX_LINE:,} characters: this is no table of posts."
                )
        pending += decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        raise BadFile(
            f"{name}, near line {number}, is not UTF-8. In a spreadsheet, save the table as “CSV UTF-8”."
        ) from error
    yield from io.StringIO(pending, newline="")


def _delimiter(header: str) -> str:
    """Return the sign that splits the header into most of the columns that are read."""

    def columns(delimiter: str) -> int:
        names = {cell.strip().strip('"').casefold() for cell in header.split(delimiter)}
        return len(names & {*COLUMNS, *_OTHER_NAMES})

    return max(DELIMITERS, key=columns)


def _chained(first: str, others: Iterable[str]) -> Iterator[str]:
    yield first
    yield from others
