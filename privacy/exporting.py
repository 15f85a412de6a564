"""A person's whole data in one archive: each declared table as JSON and CSV, with a README and schemas.

The archive is written as a stream, cut into parts that are sealed and stored as they come: it is never whole in memory
and never on a disk in the clear. A worker that is killed is noticed by beat, and the next one starts the copy afresh.
"""

import csv
import io
import json
import zipfile
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import partial
from typing import IO, Any, cast

import structlog
from django.apps import apps
from django.contrib.auth import get_user_model
from django.db import models, transaction
from django.db.models import F, Q
from django.utils import timezone

from privacy import sealing, trail
from privacy.declarations import Subject, Table, subject_of, tables
from privacy.models import STAMPS, AccessEvent, DataExport, ExportPart, PersonalData

log = structlog.get_logger(__name__)

LASTS = timedelta(days=7)
STALLED_AFTER = timedelta(minutes=5)
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
README = """# Your data at Postcast

Made on {made_at}. This is all that Postcast keeps of you. Each kind of data is there twice, with the same content: as
JSON (for programs) and as CSV (for spreadsheets; a text that a spreadsheet would take for a formula has a ' before it).
The folder `schemas` describes each JSON file. Times are in UTC.

Nothing is left out but two things, of which you find only that they are held: the keys to your TikTok account, and the
key under which you stand in the list of who looked at your data. Whoever had them could act for you.

"""


# --- asking -----------------------------------------------------------------------------------------------------------


@transaction.atomic
def request_export(*, user_id: int) -> DataExport:
    """The person's export that is being made, or a new one."""
    list(get_user_model()._default_manager.select_for_update(no_key=True).filter(pk=user_id).values_list("pk"))
    export = DataExport.objects.filter(user=user_id, state__in=DataExport.ACTIVE).first()
    if export is None:
        export = DataExport.objects.create(user_id=user_id)
        trail.record(action=AccessEvent.Action.EXPORT, subjects=[user_id], what="export asked for")
        _send_on_commit(export.pk)
    return export


def exports_of(user_id: int) -> "models.QuerySet[DataExport]":
    """The person's exports that are made or can still be fetched, newest first."""
    there = Q(expires_at=None) | Q(expires_at__gt=timezone.now())
    return DataExport.objects.filter(there, user=user_id).order_by("-pk")


def archive_of(export: DataExport) -> Iterator[bytes]:
    """The archive, piece by piece; recorded in the trail before the first is read."""
    trail.record(action=AccessEvent.Action.EXPORT, subjects=[export.user_id], what="export fetched")
    return (
        sealing.unseal_bytes(bytes(part.sealed), place=_place(export.pk, part.number))
        for part in export.parts.order_by("number").iterator(chunk_size=1)
    )


def resume(*, now: datetime | None = None) -> list[int]:
    """Send the exports whose message or worker was lost; their primary keys."""
    now = now or timezone.now()
    lost = Q(heartbeat_at__lt=now - STALLED_AFTER) | Q(heartbeat_at=None, requested_at__lt=now - STALLED_AFTER)
    ids = list(DataExport.objects.filter(lost, state__in=DataExport.ACTIVE).order_by("pk").values_list("pk", flat=True))
    for export_pk in ids:
        _send(export_pk)
    return ids


def purge_expired(*, now: datetime | None = None) -> int:
    """Delete exports that can be fetched no more, with their parts; how many."""
    expired = DataExport.objects.filter(expires_at__lte=now or timezone.now())
    return expired.delete()[1].get("privacy.DataExport", 0)


# --- making -----------------------------------------------------------------------------------------------------------


def make(*, export_pk: int, now: datetime | None = None) -> bool:
    """Make the archive, unless another worker does; whether it is ready now."""
    now = now or timezone.now()
    free = Q(heartbeat_at=None) | Q(heartbeat_at__lt=now - STALLED_AFTER)
    claimed = DataExport.objects.filter(free, pk=export_pk, state__in=DataExport.ACTIVE).update(
        state=DataExport.State.RUNNING, heartbeat_at=now, attempts=F("attempts") + 1
    )
    if not claimed:
        return False
    export = DataExport.objects.get(pk=export_pk)
    if export.attempts > MAX_ATTEMPTS:
        export.state, export.expires_at = DataExport.State.FAILED, timezone.now() + LASTS
        export.save(update_fields=["state", "expires_at"])
        log.error("export_failed", export=export.public_id)
        return False
    export.parts.all().delete()
    sink = _Parts(export)
    _write_archive(sink, subject_of(export.user_id))
    export.size = sink.finish()
    export.state, export.ready_at = DataExport.State.READY, timezone.now()
    export.expires_at = export.ready_at + LASTS
    export.save(update_fields=["size", "state", "ready_at", "expires_at"])
    log.info("export_ready", export=export.public_id, size=export.size)
    return True


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
        sealed = sealing.seal_bytes(part, place=_place(self.export.pk, self.number))
        ExportPart.objects.create(export=self.export, number=self.number, sealed=sealed)
        DataExport.objects.filter(pk=self.export.pk).update(heartbeat_at=timezone.now())
        self.number += 1
        self.size += len(part)


def _write_archive(sink: _Parts, subject: Subject) -> None:
    with zipfile.ZipFile(cast(IO[bytes], sink), "w", zipfile.ZIP_DEFLATED) as archive:
        exported = [table for table in tables() if table.personal and not table.of_staff]
        archive.writestr("README.md", _readme(exported))
        for table in exported:
            _write_table(archive, table.model.lower(), columns_of(table), partial(_rows, table, subject))
        _write_table(archive, TRAIL_FILE, TRAIL_SAYS, partial(_events, subject.user_id))


def columns_of(table: Table) -> dict[str, str]:
    """What is exported of the table: every personal column and what is stamped on its rows, with their meaning."""
    is_stamped = issubclass(apps.get_model(table.model), PersonalData)
    return {**table.personal, **(STAMPS_SAY if is_stamped else {})}


def _write_table(
    archive: zipfile.ZipFile, name: str, columns: dict[str, str], rows: Callable[[], Iterator[dict[str, Any]]]
) -> None:
    """Its rows as JSON and as CSV, each read anew, so that they need not be held."""
    with archive.open(f"{name}.json", "w") as file:
        file.write(b"[")
        for number, row in enumerate(rows()):
            file.write((",\n" if number else "\n").encode() + json.dumps(row, ensure_ascii=False).encode())
        file.write(b"\n]\n")
    with archive.open(f"{name}.csv", "w") as binary, io.TextIOWrapper(binary, "utf-8-sig", newline="") as text:
        writer = csv.DictWriter(text, list(columns))
        writer.writeheader()
        writer.writerows({column: _cell(value) for column, value in row.items()} for row in rows())
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


def _schema(name: str, columns: dict[str, str]) -> dict[str, Any]:
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": name,
        "type": "array",
        "items": {
            "type": "object",
            "properties": {column: {"description": meaning} for column, meaning in columns.items()},
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
    return "\n".join(parts) + "\n"


def _place(export_pk: int, number: int) -> str:
    return f"privacy.export:{export_pk}:{number}"


def _send_on_commit(export_pk: int) -> None:
    transaction.on_commit(lambda: _send(export_pk), robust=True)


def _send(export_pk: int) -> None:
    from privacy.tasks import make_export

    make_export.delay(export_pk)
