"""An uploaded file in sealed parts: written while it arrives, read by a worker like a file on a disk."""

import io
from typing import Any

from posts.models import Import, ImportPart
from privacy import sealing

PART_BYTES = 1024 * 1024


def store_part(upload: Import, number: int, content: bytes) -> None:
    """Seal and store a part; each but the last has `PART_BYTES`."""
    part = ImportPart(import_job=upload, number=number)
    encrypted = part.fill(content)
    part.save()
    part.upload(encrypted)


class SealedFile(io.RawIOBase):
    """The stored file, seekable, with one part of it in memory. Raise OSError where a part is gone or broken."""

    def __init__(self, upload: Import) -> None:
        self._upload, self._position = upload, 0
        self._number, self._part = -1, b""

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to the place; one before the beginning is refused."""
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._upload.size}[whence]
        if start + offset < 0:
            raise ValueError("negative place in a file")
        self._position = start + offset
        return self._position

    def readinto(self, buffer: Any) -> int:
        """Read on, up to the end of a part."""
        if self._position >= self._upload.size:
            return 0
        number, begin = divmod(self._position, PART_BYTES)
        if number != self._number:
            self._number, self._part = number, self._load(number)
        content = self._part[begin : begin + len(buffer)]
        buffer[: len(content)] = content
        self._position += len(content)
        return len(content)

    def _load(self, number: int) -> bytes:
        part = ImportPart.objects.filter(import_job=self._upload, number=number).first()
        if part is None:
            raise OSError("a part of the uploaded file is gone")
        try:
            return part.content()
        except sealing.SealBroken as error:
            raise OSError("a part of the uploaded file cannot be opened") from error
