"""Reading with bounds: of a single read, of what a compressed member unpacks to, of a value's length."""

import codecs
import re
import zipfile
import zlib
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
_HALF = r"\ud"
_ESCAPE = re.compile(r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\[^u]", re.DOTALL)
_LONE = re.compile(r"\\u[dD][89a-fA-F][0-9a-fA-F]{2}")
_LONGEST_ESCAPE = 12
MAX_VALUE = 4 * 1024 * 1024
"""Bytes of one value of a JSON file."""
DAMAGED_ZIP = "The zip is damaged or cut short. Please download the export again."


class Unpacked:
    """A member of a zip, read only. Raise BadFile once it unpacks to more than the bounds allow."""

    def __init__(self, member: IO[bytes], packed_size: int) -> None:
        self._member, self._packed, self._read = member, packed_size, 0

    def read(self, size: int = -1) -> bytes:
        """Return at most `size` bytes; `size` must not be negative."""
        try:
            data = self._member.read(size)
        except (zipfile.BadZipFile, zlib.error, EOFError) as error:
            raise BadFile(DAMAGED_ZIP) from error
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

    So is half of a pair of surrogates, which a text that was cut within an emoji ends with: the parser refuses it.
    Raise BadFile for a value that goes on for more than `MAX_VALUE` bytes: the parser holds it in memory.
    """

    def __init__(self, file: "IO[bytes] | Unpacked") -> None:
        self._file = file
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")("replace")
        self._since_event = 0
        self._held = ""

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
            if clean := self._without_halves(self._decoder.decode(data)):
                return clean.encode()
        held, self._held = self._held + self._decoder.decode(b"", final=True), ""
        return held.encode()

    def _without_halves(self, text: str) -> str:
        """Return the text as far as its escapes are whole; the rest is held until more comes."""
        text = self._held + text
        if _HALF not in text.casefold() and "\\" not in text[-_LONGEST_ESCAPE:]:
            self._held = ""
            return text
        clean, end, high = [], 0, -1
        for escape in _ESCAPE.finditer(text):
            lone = _LONE.fullmatch(escape[0])
            clean += [text[end : escape.start()], r"\ufffd" if lone else escape[0]]
            end, high = escape.end(), escape.start() if lone else -1
        rest = text.find("\\", end)
        cut = rest if rest >= 0 and len(text) - rest < _LONGEST_ESCAPE else len(text)
        if high >= 0 and cut == end:
            # its other half may come with the next bytes
            self._held = text[high:]
            return "".join(clean[:-1])
        self._held = text[cut:]
        return "".join(clean) + text[end:cut]
