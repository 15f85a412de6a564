"""Keep uploads in memory: a picture in a temporary file would outlive a worker that dies."""

from io import BytesIO
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import InMemoryUploadedFile
from django.core.files.uploadhandler import FileUploadHandler


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
