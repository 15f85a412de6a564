"""Reading with bounds: of a single read, of what a compressed member unpacks to, of a value's length."""

import codecs
from typing import IO

from posts.platforms.exports.rows import BadFile

MAX_FILE = 500 * 1024 * 1024
"""Bytes of a file that is uploaded."""
MAX_UNPACKED = 2 * 1024 * 1024 * 1024
"""Bytes that the files read of a zip may unpack to."""
MAX_RATIO = 250
"""Times its own size that compressed text unpacks to at most; exports reach 40."""
FREE_OF_RATIO = 8 * 1024 * 1024
"""Unpacked bytes from which on the ratio counts."""
MAX_VALUE = 4 * 1024 * 1024
"""Bytes of one value of a JSON file."""


class Unpacked:
    """A member of a zip, read only. Raise BadFile once it unpacks to more than the bounds allow."""

    def __init__(self, member: IO[bytes], packed_size: int) -> None:
        self._member, self._packed, self._read = member, packed_size, 0

    def read(self, size: int = -1) -> bytes:
        """Return at most `size` bytes; `size` must not be negative."""
        data = self._member.read(size)
        self._read += len(data)
        too_much = self._read > MAX_UNPACKED
        if too_much or (self._read > FREE_OF_RATIO and self._read > MAX_RATIO * max(self._packed, 1)):
            raise BadFile("The zip unpacks to far more than a data export holds; it was not read further.")
        return data


class SmallReads:
    """A seekable file for `zipfile`, which reads the list of entries at once. Raise BadFile if that is too long."""

    MOST = 4 * 1024 * 1024

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.seek, self.tell = file.seek, file.tell

    def seekable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        """Return the bytes, and refuse to return very many at once."""
        data = self._file.read(self.MOST + 1 if size < 0 else min(size, self.MOST + 1))
        if len(data) > self.MOST:
            raise BadFile("The zip has too many entries: a data export has a few dozen.")
        return data


class CleanText:
    """UTF-8 for the JSON parser: without a byte order mark, and with U+FFFD for bytes that are no UTF-8.

    Raise BadFile for a value that goes on for more than `MAX_VALUE` bytes: the parser holds it in memory.
    """

    def __init__(self, file: "IO[bytes] | Unpacked") -> None:
        self._file = file
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")("replace")
        self._since_event = 0

    def event_seen(self) -> None:
        """Note that the parser gave something out: what it held is short again."""
        self._since_event = 0

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes."""
        if size == 0:
            return b""
        while data := self._file.read(size):
            self._since_event += len(data)
            if self._since_event > MAX_VALUE:
                raise BadFile("The file has a single value of more than 4 MB: no data export has one.")
            if clean := self._decoder.decode(data):
                return clean.encode()
        return self._decoder.decode(b"", final=True).encode()
