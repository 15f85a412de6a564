"""Refuse pictures whose header promises more than the file holds: decoders fill the rest in, without a word."""

import struct
import zlib

from PIL import Image

# of a PNG's colour types
_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
# Adam7: first column, first row, step across, step down
_PASSES = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
_CHUNK = 1 << 16


def is_too_short(data: bytes, image: Image.Image) -> bool:
    """Return whether the file cannot hold the opened image: a JPEG has at least a bit for each 64 pixels."""
    width, height = image.size
    return image.format in ("JPEG", "MPO") and len(data) * 8 < width * height / 64


def lacks_rows(data: bytes, image: Image.Image) -> bool:
    """Return whether rows of the decoded PNG are missing in the file. Other formats' decoders refuse such files.

    The rows are counted only where the last ones are empty, as decoders leave what is missing.
    """
    if image.format != "PNG":
        return False
    width, height = image.size
    last = [image.crop((0, row, width, row + 1)) for row in range(max(0, height - 2), height)]
    if all(row.getbbox(alpha_only=False) for row in last):
        return False
    expected = _unpacked_bytes(data)
    return _count_unpacked(data, expected) < expected


def _unpacked_bytes(data: bytes) -> int:
    """Return how many bytes a PNG's rows have, with a byte before each, by its header."""
    width, height, bits, colours, _, _, interlaced = struct.unpack_from(">IIBBBBB", data, 16)
    total = 0
    for left, top, across, down in _PASSES if interlaced else ((0, 0, 1, 1),):
        columns, rows = -(-(width - left) // across), -(-(height - top) // down)
        if columns > 0 and rows > 0:
            total += rows * (1 + -(-columns * bits * _CHANNELS[colours] // 8))
    return total


def _count_unpacked(data: bytes, enough: int) -> int:
    """Return how many bytes the PNG's rows unpack to, at most about `enough`; none of them is kept."""
    unpacker, count, at = zlib.decompressobj(), 0, 8
    while at + 8 <= len(data) and count < enough:
        length, kind = struct.unpack_from(">I4s", data, at)
        if kind == b"IDAT":
            packed = data[at + 8 : at + 8 + length]
            while packed and count < enough:
                count += len(unpacker.decompress(packed, _CHUNK))
                packed = unpacker.unconsumed_tail
        at += 12 + length
    return count + len(unpacker.flush()) if count < enough else count
