"""The archive: each declared table of a person as JSON and CSV, with a README and schemas."""

import codecs
import csv
import gzip
import io
import json
import shutil
import zipfile
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import IO, Any, cast

from django.db import DEFAULT_DB_ALIAS, models

from config.csv_cells import guarded
from privacy.declarations.kinds import Subject, Table
from privacy.declarations.registry import tables
from privacy.export.columns import TRAIL_COLUMNS, TRAIL_FILE, Column, columns_of, meanings_of
from privacy.export.parts import Parts
from privacy.export.readme import readme
from privacy.trail.selectors import events_about
from privacy.trail.words import words_of

CHUNK = 2_000


def exported_tables() -> list[Table]:
    """Return the tables with data of people who sign in."""
    return [table for table in tables() if table.personal and not table.of_staff]


def write_archive(
    parts: Parts, subject: Subject, *, between_tables: Callable[[], None], database: str = DEFAULT_DB_ALIAS
) -> None:
    """Write the subject's archive to the stream, read from the database, calling `between_tables` before each table."""
    with zipfile.ZipFile(cast(IO[bytes], parts), "w", zipfile.ZIP_DEFLATED) as archive:
        exported = exported_tables()
        archive.writestr("README.md", readme(exported))
        for table in exported:
            between_tables()
            _write_table(archive, table.model.lower(), columns_of(table), _rows(table, subject, database))
        _write_table(archive, TRAIL_FILE, TRAIL_COLUMNS, _events(subject.user_id, database))


def _write_table(
    archive: zipfile.ZipFile, name: str, columns: dict[str, Column], rows: Iterable[dict[str, Any]]
) -> None:
    """Write the rows as JSON and as CSV, read once so that they agree; the CSV is held meanwhile, compressed."""
    held = io.BytesIO()
    with archive.open(f"{name}.json", "w") as file, gzip.open(held, "wt", encoding="utf-8", newline="") as text:
        writer = csv.DictWriter(text, list(columns))
        writer.writeheader()
        file.write(b"[")
        for number, row in enumerate(rows):
            file.write((",\n" if number else "\n").encode() + json.dumps(row, ensure_ascii=False).encode())
            writer.writerow({column: _cell(value) for column, value in row.items()})
        file.write(b"\n]\n")
    held.seek(0)
    with archive.open(f"{name}.csv", "w") as file, gzip.open(held) as content:
        file.write(codecs.BOM_UTF8)
        shutil.copyfileobj(content, file)
    archive.writestr(f"schemas/{name}.json", json.dumps(_schema(name, columns), indent=2))


def _rows(table: Table, subject: Subject, database: str) -> Iterator[dict[str, Any]]:
    columns = meanings_of(table)
    for row in table.rows_of(subject).using(database).order_by("pk").iterator(chunk_size=CHUNK):
        yield {column: _value(table, row, column) for column in columns}


def _value(table: Table, row: models.Model, column: str) -> Any:
    return _plain(table.exported[column](row) if column in table.exported else getattr(row, column))


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return value if value is None or isinstance(value, bool | int | float | str | list | dict) else str(value)


def _events(user_id: int, database: str) -> Iterator[dict[str, Any]]:
    events = events_about(user_id, by_others=False).using(database)
    for event in events.order_by("pk").iterator(chunk_size=CHUNK):
        told = {column: _plain(getattr(event, column)) for column in TRAIL_COLUMNS}
        yield {**told, "what": words_of(event.what)}


def _cell(value: Any) -> Any:
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False)
    return guarded(value) if isinstance(value, str) else value


def _schema(name: str, columns: dict[str, Column]) -> dict[str, Any]:
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": name,
        "type": "array",
        "items": {
            "type": "object",
            "properties": {
                name: {"description": column.meaning, **({"type": list(column.types)} if column.types else {})}
                for name, column in columns.items()
            },
            "required": list(columns),
            "additionalProperties": False,
        },
    }
