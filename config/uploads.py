"""What comes with a request stays in memory: a picture in a file would outlive a worker that dies with it."""

from io import BytesIO
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import InMemoryUploadedFile
from django.core.files.uploadhandler import FileUploadHandler


class MemoryUploadHandler(FileUploadHandler):
    """Keeps `FILE_UPLOAD_MAX_MEMORY_SIZE` bytes of a request's files; of what is beyond that, how much it is.

    So a form can say that a picture is too large, whatever else it has to say.
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
        """`file_size` counts what was not kept too."""
        self.file.seek(0)
        told = (self.content_type, file_size, self.charset, self.content_type_extra)
        return InMemoryUploadedFile(self.file, self.field_name, self.file_name, *told)
