"""A person's whole data in one archive: each declared table as JSON and CSV, with a README and schemas.

The archive is written as a stream, cut into parts that are sealed and stored as they come: it is never whole in memory
and never on a disk in the clear. A worker that resumes the job of a killed one starts the copy afresh.
"""

import codecs
import csv
import gzip
import io
import json
import shutil
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import IO, Any, cast, get_origin, get_type_hints

import structlog
from django.apps import apps
from django.contrib.auth import get_user_model
from django.contrib.postgres.fields import ArrayField
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone

from config import jobs
from privacy import sealing, trail
from privacy.declarations import Artefact, Files, RedisKeys, Subject, Table, declared, subject_of, tables
from privacy.models import STAMPS, AccessEvent, DataExport, ExportPart, PersonalData

log = structlog.get_logger(__name__)

LASTS = timedelta(days=7)
LEASE = timedelta(minutes=5)
"""Longer than a part or a table takes."""
MAX_ATTEMPTS = 5
PART_BYTES = 1024 * 1024
CHUNK = 2_000
STAMPS_SAY = {
    "source": "Where the row comes from: TikTok, you, or made by Postcast",
    "consent_version": "What it rested on when last written: the version of the text you agreed to, or another basis",
    "provenance": "The request or task that wrote it",
    "retain_until": "How long it is kept at most, unless you sign in again",
    "transformation": "A fingerprint of the code that made it",
}
TRAIL_FILE = "who-looked"
TRAIL_SAYS = {
    "at": "When",
    "actor_kind": "Who: you, staff, a task of the service, whoever runs it, or TikTok",
    "action": "Read, changed, exported, erased, or consent",
    "what": "What",
    "through": "Through what",
    "why": "The reason that staff gave",
}
NOT_TEXT: dict[str, tuple[type, ...]] = {
    "boolean": (models.BooleanField,),
    "integer": (models.IntegerField, models.AutoField, models.ForeignKey),
    "number": (models.FloatField,),
    "array": (ArrayField,),
}
"""Types of JSON and the fields that are exported as such; anything in JSON for JSONField, and texts for the rest."""
OF_JSON = {bool: "boolean", int: "integer", float: "number", str: "string", list: "array", dict: "object"}
README = """# Your data at Postcast

Made on {made_at}. This is all that Postcast keeps of you. Each kind of data is there twice, with the same content: as
JSON (for programs) and as CSV (for spreadsheets; a text that a spreadsheet would take for a formula has a ' before it).
The folder `schemas` describes each JSON file. Times are in UTC.

A list of posts or forecasts can change while the copy is made; JSON and CSV of one kind are of the same moment.

"""


# --- asking -----------------------------------------------------------------------------------------------------------


@transaction.atomic
def request_export(*, user_id: int) -> DataExport:
    """The person's export that is being made, or a new one."""
    list(get_user_model()._default_manager.select_for_update(no_key=True).filter(pk=user_id).values_list("pk"))
    export = DataExport.objects.filter(user=user_id, state__in=DataExport.ACTIVE).first()
    if export is None:
        export = DataExport.objects.create(user_id=user_id, heartbeat_at=timezone.now())
        trail.record(action=AccessEvent.Action.EXPORT, subjects=[user_id], what="export asked for")
        jobs.enqueue(export)
    return export


def exports_of(user_id: int) -> "models.QuerySet[DataExport]":
    """The person's exports that are made or can still be fetched, newest first."""
    there = Q(expires_at=None) | Q(expires_at__gt=timezone.now())
    return DataExport.objects.filter(there, user=user_id).order_by("-pk")


def archive_of(export: DataExport) -> Iterator[bytes]:
    """The archive, piece by piece; recorded in the trail before the first is read."""
    trail.record(action=AccessEvent.Action.EXPORT, subjects=[export.user_id], what="export fetched")
    return (
        sealing.unseal_bytes(bytes(part.sealed), place=place_of(part))
        for part in export.parts.order_by("number").iterator(chunk_size=1)
    )


def resume(*, now: datetime | None = None) -> list[int]:
    """Send the exports whose message or worker was lost; their primary keys."""
    return jobs.resume(DataExport.objects.filter(jobs.stalled(LEASE, now=now), state__in=DataExport.ACTIVE), now=now)


# --- making -----------------------------------------------------------------------------------------------------------


def make(*, export_pk: int) -> bool:
    """Make the archive, unless another worker does; whether it is ready now."""
    export = _claim(export_pk)
    if export is None:
        return False
    try:
        if export.attempts > MAX_ATTEMPTS:
            jobs.release(export, state=DataExport.State.FAILED, expires_at=timezone.now() + LASTS)
            log.error("export_failed", export=export.public_id)
            return False
        sink = _Parts(export)
        _write_archive(sink, subject_of(export.user_id))
        size, now = sink.finish(), timezone.now()
        jobs.release(export, size=size, state=DataExport.State.READY, ready_at=now, expires_at=now + LASTS)
    except jobs.ClaimLost:
        log.warning("export_claim_lost", export=export.public_id)
        return False
    log.info("export_ready", export=export.public_id, size=size)
    return True


@transaction.atomic
def _claim(export_pk: int) -> DataExport | None:
    """Claim the export, and delete the parts that a killed worker left."""
    active = DataExport.objects.filter(state__in=DataExport.ACTIVE)
    export = jobs.claim(active, export_pk, lease=LEASE, state=DataExport.State.RUNNING)
    if export is not None:
        export.parts.all().delete()
    return export


class _Parts:
    """A stream that nobody can go back in: what is written to it is sealed and stored part by part."""

    def __init__(self, export: DataExport) -> None:
        self.export, self.number, self.size, self.pending = export, 0, 0, bytearray()

    def write(self, data: Any, /) -> int:
        """Store as many whole parts as there are."""
        self.pending += data
        while len(self.pending) >= PART_BYTES:
            self._store(bytes(self.pending[:PART_BYTES]))
            del self.pending[:PART_BYTES]
        return len(data)

    def flush(self) -> None:
        """Nothing: parts are stored when they are whole."""

    def finish(self) -> int:
        """Store the rest; the size of it all."""
        if self.pending:
            self._store(bytes(self.pending))
            self.pending.clear()
        return self.size

    def _store(self, part: bytes) -> None:
        row = ExportPart(export=self.export, number=self.number)
        row.sealed = sealing.seal_bytes(part, place=place_of(row))
        with transaction.atomic():
            jobs.heartbeat(self.export)
            row.save()
        self.number += 1
        self.size += len(part)


def _write_archive(sink: _Parts, subject: Subject) -> None:
    with zipfile.ZipFile(cast(IO[bytes], sink), "w", zipfile.ZIP_DEFLATED) as archive:
        exported = [table for table in tables() if table.personal and not table.of_staff]
        archive.writestr("README.md", _readme(exported))
        for table in exported:
            jobs.heartbeat(sink.export)
            _write_table(archive, table.model.lower(), _columns(table), _rows(table, subject))
        trail_columns = {column: Column(says, _type(AccessEvent, column)) for column, says in TRAIL_SAYS.items()}
        _write_table(archive, TRAIL_FILE, trail_columns, _events(subject.user_id))


def columns_of(table: Table) -> dict[str, str]:
    """What is exported of the table: every personal column and what is stamped on its rows, with their meaning."""
    is_stamped = issubclass(apps.get_model(table.model), PersonalData)
    return {**table.personal, **(STAMPS_SAY if is_stamped else {})}


@dataclass(frozen=True, slots=True)
class Column:
    """What a column means, and its types in JSON; none where it can be anything."""

    meaning: str
    types: tuple[str, ...]


def _columns(table: Table) -> dict[str, Column]:
    model = apps.get_model(table.model)
    return {
        column: Column(meaning, _returned(table.exported[column]) if column in table.exported else _type(model, column))
        for column, meaning in columns_of(table).items()
    }


def _returned(shown: Callable[[models.Model], object]) -> tuple[str, ...]:
    """By the function's annotation, e.g. `list[float]`."""
    returned = get_type_hints(shown)["return"]
    return (OF_JSON[get_origin(returned) or returned],)


def _type(model: type[models.Model], column: str) -> tuple[str, ...]:
    [field] = [each for each in model._meta.concrete_fields if column in (each.column, each.name)]
    if isinstance(field, models.JSONField):
        return ()
    kind = next((name for name, fields in NOT_TEXT.items() if isinstance(field, fields)), "string")
    return (kind, "null") if field.null else (kind,)


def _write_table(
    archive: zipfile.ZipFile, name: str, columns: dict[str, Column], rows: Iterable[dict[str, Any]]
) -> None:
    """Its rows as JSON and as CSV, read once so that they agree; the CSV is held meanwhile, compressed, in memory."""
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


def _rows(table: Table, subject: Subject) -> Iterator[dict[str, Any]]:
    columns = columns_of(table)
    for row in table.rows_of(subject).order_by("pk").iterator(chunk_size=CHUNK):
        yield {column: _value(table, row, column) for column in columns}


def _value(table: Table, row: models.Model, column: str) -> Any:
    return _plain(table.exported[column](row) if column in table.exported else getattr(row, column))


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return value if value is None or isinstance(value, bool | int | float | str | list | dict) else str(value)


def _events(user_id: int) -> Iterator[dict[str, Any]]:
    for event in trail.events_about(user_id, by_others=False).order_by("position").iterator(chunk_size=CHUNK):
        yield {column: _plain(getattr(event, column)) for column in TRAIL_SAYS}


def _cell(value: Any) -> Any:
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False)
    # a spreadsheet would compute what begins like this
    return f"'{value}" if isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t", "\r")) else value


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


def _readme(exported: list[Table]) -> str:
    parts = [README.format(made_at=timezone.now().strftime("%-d %B %Y, %H:%M UTC"))]
    for table in exported:
        parts.append(f"## {table.model.lower()}\n\n{table.category}. {table.why}. Kept {table.retention.text}.\n")
        parts += [f"- `{column}`: {meaning}" for column, meaning in columns_of(table).items() if column not in STAMPS]
        parts.append("")
    parts.append(f"## {TRAIL_FILE}\n\nWho looked at your data or changed it.\n")
    parts += [f"- `{column}`: {meaning}" for column, meaning in TRAIL_SAYS.items()]
    parts.append("\n## In every file of a table of Postcast's own\n")
    parts += [f"- `{column}`: {meaning}" for column, meaning in STAMPS_SAY.items()]
    return "\n".join([*parts, *_left_out(exported)]) + "\n"


def _left_out(exported: list[Table]) -> Iterator[str]:
    """Whatever is kept and is not in the archive, or not as it is kept, and why."""
    yield "\n## What is not in here, or not as it is kept\n"
    for table in exported:
        for column in table.exported:
            yield f"- `{table.model.lower()}`, `{column}` is not given as it is kept, but as: {table.personal[column]}"
    for each in declared():
        if isinstance(each, Table):
            if each.of_staff:
                yield f"- {each.category} ({each.why}): it concerns staff alone"
        elif isinstance(each, Artefact) or (isinstance(each, RedisKeys | Files) and each.personal):
            name = each.name if not isinstance(each, RedisKeys) else each.why
            yield f"- {name[0].upper()}{name[1:]}: {each.exported}"
    yield "- Columns that say nothing of you: keys and bookkeeping of the service, as docs/data-map.md lists them"
    yield "- Tables that concern nobody, such as the versions of the model"


def place_of(part: ExportPart) -> str:
    """What its sealed bytes are bound to."""
    return f"privacy.export:{part.export_id}:{part.number}"
