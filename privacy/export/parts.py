"""The stream that an archive is written to: cut into parts, which are sealed and stored as they come.

The archive is never whole in memory, and never on a disk in the clear.
"""

from typing import Any

from django.db import transaction

from config import jobs
from privacy.models import DataExport, ExportPart

PART_BYTES = 1024 * 1024


class Parts:
    """A stream for writing only, without seeking. Each part renews the worker's claim, or raises ClaimLost."""

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
        """Do nothing: parts are stored when they are whole."""

    def finish(self) -> int:
        """Store the rest; return the size of the archive in bytes."""
        if self.pending:
            self._store(bytes(self.pending))
            self.pending.clear()
        return self.size

    def _store(self, part: bytes) -> None:
        row = ExportPart(export=self.export, number=self.number)
        encrypted = row.fill(part)
        with transaction.atomic():
            jobs.heartbeat(self.export)
            row.save()
        row.upload(encrypted)
        self.number += 1
        self.size += len(part)
