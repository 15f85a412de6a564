"""Tell what a file is by its first bytes, not its name, and read it."""

import io
from collections.abc import Iterator
from datetime import datetime
from typing import IO

from posts.platforms.exports.archives import read_zip
from posts.platforms.exports.rows import MAX_ROWS, BadFile, Comment, FileFacts, ReadRow
from posts.platforms.exports.tables import read_table
from posts.platforms.exports.tiktok_json import ExportReader

_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_OTHERS = {
    b"%PDF": "a PDF",
    b"\x1f\x8b": "packed with gzip",
    b"\xff\xfe": "UTF-16 text",
    b"\xfe\xff": "UTF-16 text",
    b"\xd0\xcf\x11\xe0": "an old spreadsheet",
    b"Rar!": "a RAR archive",
    b"7z\xbc\xaf": "a 7z archive",
}


def read_file(file: IO[bytes], *, now: datetime) -> tuple[FileFacts, Iterator[ReadRow]]:
    """Return what the file says of itself, complete once all is read, and its rows in order.

    `file` is seekable. Moments after `now` are refused. Reading the rows raises BadFile where the file is no data
    export and no table of posts, or is damaged.
    """
    facts = FileFacts()
    return facts, _bounded(_rows(file, facts, now))


def _rows(file: IO[bytes], facts: FileFacts, now: datetime) -> Iterator[ReadRow]:
    start = file.read(4096)
    file.seek(0, io.SEEK_SET)
    text = start.removeprefix(b"\xef\xbb\xbf").lstrip()
    for signature, kind in _OTHERS.items():
        if start.startswith(signature):
            raise BadFile(f"The file is {kind}; expected TikTok's data export (zip or JSON), or a table (CSV, UTF-8).")
    if start.startswith(_ZIP):
        yield from read_zip(file, facts, now=now)
    elif not text:
        raise BadFile("The file is empty; expected TikTok's data export (zip or JSON), or a table of posts (CSV).")
    elif text.startswith((b"{", b"[")):
        reader = ExportReader(facts, now)
        yield from reader.read(file, "The file")
        reader.finish("The file")
    else:
        yield from read_table(file, facts, "The file", now=now)


def _bounded(rows: Iterator[ReadRow]) -> Iterator[ReadRow]:
    number = 0
    for row in rows:
        number += not isinstance(row, Comment)
        if number > MAX_ROWS:
            raise BadFile(f"The file has more than {MAX_ROWS:,} rows.")
        yield row
