"""Bound what a request may send, and keep uploads in memory: a picture in a file would outlive a worker that dies."""

from http import HTTPStatus
from io import BytesIO
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import InMemoryUploadedFile
from django.core.files.uploadhandler import FileUploadHandler
from rest_framework.exceptions import APIException
from rest_framework.request import Request

from config.numbers import whole_number

MAX_JSON_BYTES = 256 * 1024
"""Of a request that carries a draft."""


class RequestTooLarge(APIException):
    status_code = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    default_detail = "The request is too large."
    default_code = "too_large"


def refuse_too_large(request: Request, limit: int) -> None:
    """Raise RequestTooLarge, before anything is read, for a body of more than `limit` bytes."""
    length = whole_number(request._request.META.get("CONTENT_LENGTH") or "0")
    if length is None or length > limit:
        raise RequestTooLarge(f"The request is too large; at most {limit:,} bytes are read.")


class MemoryUploadHandler(FileUploadHandler):
    """Keeps `FILE_UPLOAD_MAX_MEMORY_SIZE` bytes of a request's files, and only the size of what is beyond that.

    So a form can report a picture that is too large beside its other errors.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.left = settings.FILE_UPLOAD_MAX_MEMORY_SIZE

    def new_file(self, *args: Any, **options: Any) -> None:
        super().new_file(*args, **options)
        self.file = BytesIO()

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        self.left -= self.file.write(raw_data[: self.left])

    def file_complete(self, file_size: int) -> InMemoryUploadedFile:
        """Return the file; `file_size` counts what was not kept too."""
        self.file.seek(0)
        return InMemoryUploadedFile(
            self.file,
            self.field_name,
            self.file_name,
            self.content_type,
            file_size,
            self.charset,
            self.content_type_extra,
        )
