"""Take a file of up to 500 MB as it arrives: sealed in parts into the database, a megabyte at most in memory."""

import hashlib
from io import BytesIO
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, SkipFile, StopUpload
from django.http import HttpRequest

from config import jobs
from config.numbers import whole_number
from posts.imports.parts import PART_BYTES, store_part
from posts.imports.services import finish_upload
from posts.models import Import
from posts.platforms.exports.bounded import MAX_FILE

FORM_BYTES = 64 * 1024
"""Bytes that a form sends beside its file."""


class TooLarge(Exception):
    """Raised, before anything is read, for a body that is larger than a file may be."""

    def __init__(self) -> None:
        super().__init__(
            f"The file is larger than {MAX_FILE // 1024**2} MB; data exports of TikTok as JSON are smaller."
        )


def refuse_too_large(request: HttpRequest) -> None:
    """Raise TooLarge for a request whose body says that it is too large."""
    length = whole_number(request.META.get("CONTENT_LENGTH") or "0")
    if length is None or length > MAX_FILE + FORM_BYTES:
        raise TooLarge


class PartsWriter:
    """Writes what it gets into the import's parts. Raise ClaimLost if the import is deleted meanwhile."""

    def __init__(self, upload: Import) -> None:
        self.upload, self.size, self._number = upload, 0, 0
        self._pending, self._digest = bytearray(), hashlib.sha256()

    @property
    def is_too_large(self) -> bool:
        """True once more came than a file may have."""
        return self.size > MAX_FILE

    def write(self, content: bytes) -> None:
        """Take the next bytes. Raise TooLarge."""
        self.size += len(content)
        if self.is_too_large:
            raise TooLarge
        self._digest.update(content)
        self._pending += content
        while len(self._pending) >= PART_BYTES:
            self._store(bytes(self._pending[:PART_BYTES]))
            del self._pending[:PART_BYTES]

    def finish(self) -> None:
        """Store the rest, and have the file read."""
        if self._pending:
            self._store(bytes(self._pending))
        finish_upload(self.upload, size=self.size, sha256=self._digest.hexdigest())

    def _store(self, part: bytes) -> None:
        jobs.heartbeat(self.upload)
        store_part(self.upload, self._number, part)
        self._number += 1


class SealingUploadHandler(FileUploadHandler):
    """Writes the first file of a form into an import, and skips any other. Its name is not kept."""

    def __init__(self, request: HttpRequest, writer: PartsWriter) -> None:
        super().__init__(request)
        self._writer, self._begun = writer, False

    def new_file(self, *args: Any, **options: Any) -> None:
        super().new_file(*args, **options)
        if self._begun or self.field_name != "file":
            raise SkipFile
        self._begun = True

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        try:
            self._writer.write(raw_data)
        except TooLarge as error:
            raise StopUpload(connection_reset=True) from error

    def file_complete(self, file_size: int) -> "UploadedFile[bytes]":
        """Return an empty file with the right size: its content is in the parts."""
        return UploadedFile(BytesIO(), "file", "application/octet-stream", file_size)
