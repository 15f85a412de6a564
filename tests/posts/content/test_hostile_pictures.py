"""Pictures that somebody made to break the decoder, or that broke on the way."""

import contextlib
import io
import json
import os
import struct
import subprocess
import sys
import time
import tracemalloc
import zipfile
import zlib
from pathlib import Path

import numpy as np
import pytest
import structlog
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from PIL import Image

from posts.content.pictures import MAX_COVER_BYTES, UnreadableImage, decoding, measure_cover
from tests.posts.content.drawn import encoded, images, of_levels, texture

ROOT = Path(__file__).resolve().parents[3]
PHOTO = of_levels(texture(60, 80))
OTHER_FORMATS = ("AVIF", "BMP", "DDS", "EPS", "ICNS", "ICO", "JPEG2000", "PCX", "PDF", "PPM", "SGI", "TGA", "TIFF")
"""What Pillow reads or writes and no page promises."""


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_of(width: int, height: int, rows: bytes) -> bytes:
    """Return a grey PNG whose header says this size, with these rows."""
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    parts = chunk(b"IHDR", header), chunk(b"IDAT", zlib.compress(rows)), chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def with_zip(data: bytes) -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("run.js", "alert(1)")
    return data + archive.getvalue()


def with_frame_size(data: bytes, width: int, height: int) -> bytes:
    """Return the JPEG with another size in its frame header."""
    at = data.index(b"\xff\xc0")
    return data[: at + 5] + struct.pack(">HH", height, width) + data[at + 9 :]


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "is empty; expected JPEG"),
        (b"<html>", "could not be read as a picture; expected"),
        (b"\0" * (MAX_COVER_BYTES + 1), r"has 20,971,521 bytes; at most 20,971,520"),
        (encoded(PHOTO)[:200], "damaged or cut short"),
        (encoded(PHOTO, "JPEG")[:-300], "damaged or cut short"),
        (encoded(PHOTO, "WEBP")[:-100], "damaged or cut short"),
        (encoded(PHOTO, "GIF")[:-900], "damaged or cut short"),
        (encoded(Image.new("1", (9_000, 9_000))), "is 9000 x 9000 pixels; at most 12,600,000"),
        (png_of(40_000, 40_000, b"\0"), "too many pixels; at most 12,600,000"),
        (png_of(0, 0, b""), "0 x 0|could not be read"),
        (png_of(300, 300, b"\0" * 301), "damaged or cut short"),
        (png_of(80, 80, bytes(81 * 60)), "damaged or cut short: its header says 80 x 80"),
        (with_frame_size(encoded(PHOTO, "JPEG"), 65_000, 65_000), "too many pixels"),
        (with_frame_size(encoded(PHOTO, "JPEG"), 3_500, 3_500), "damaged or cut short: its header says 3500 x 3500"),
        (with_zip(encoded(PHOTO, "JPEG")), "a picture and a ZIP archive at once"),
        (encoded(PHOTO, "JPEG", comment=b"<script>alert(1)</script>"), "a picture and a web page at once"),
        (encoded(PHOTO, "GIF") + b"<?php system('id'); ?>", "a picture and a PHP script at once"),
        (encoded(PHOTO, "PNG") + b"%PDF-1.7", "a picture and a PDF document at once"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 1 1\n", "could not be read as a picture"),
        (encoded(Image.new("1", (20_000, 2))), "is 20000 x 2 pixels; at most 16,384 are read each way"),
        *((encoded(PHOTO, other), "could not be read as a picture") for other in OTHER_FORMATS),
        (encoded(PHOTO, "AVIF")[:60] + b"\xff" * 200, "could not be read as a picture"),
    ],
)  # fmt: skip
def test_what_is_no_readable_picture_is_refused_in_one_sentence(data, says):
    with pytest.raises(UnreadableImage, match=says) as refusal:
        measure_cover(data)
    message = str(refusal.value)
    assert message.startswith("The cover ")
    assert message.endswith(".")
    assert "\n" not in message


def test_a_photo_with_a_film_behind_it_is_read():
    """Phones write such files."""
    film = b"\x00\x00\x00\x18ftypmp42" + bytes(5_000)
    assert measure_cover(encoded(PHOTO, "JPEG") + film) == measure_cover(encoded(PHOTO, "JPEG"))


def test_a_wrong_name_does_not_matter_and_the_header_decides():
    assert measure_cover(encoded(PHOTO)).width == 80


@hypothesis_settings(deadline=None, max_examples=150)
@given(
    st.sampled_from(["JPEG", "PNG", "WEBP", "GIF"]),
    st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), max_size=8),
    st.floats(0.2, 1),
)
def test_damage_gives_measures_or_a_sentence(format, changes, kept):
    data = bytearray(encoded(PHOTO, format))
    for place, value in changes:
        data[int(place * (len(data) - 1))] = value
    try:
        m = measure_cover(bytes(data[: int(len(data) * kept)]))
    except UnreadableImage:
        return
    assert 0 <= m.brightness <= 1


@hypothesis_settings(deadline=None, max_examples=100)
@given(
    st.binary(max_size=400),
    st.sampled_from([b"", b"\xff\xd8\xff\xe0", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"RIFF\0\0\0\0WEBP"]),
)
def test_bytes_are_measured_or_refused(data, start):
    with contextlib.suppress(UnreadableImage):
        measure_cover(start + data)


def test_a_bomb_is_refused_before_it_is_unpacked():
    """Sixty megabytes of black in sixty kilobytes."""
    bomb = png_of(7_800, 7_800, bytes(7_801 * 7_800))
    assert len(bomb) < 100_000
    tracemalloc.start()
    started = time.perf_counter()
    with pytest.raises(UnreadableImage, match="at most 12,600,000"):
        measure_cover(bomb)
    assert time.perf_counter() - started < 1
    assert tracemalloc.get_traced_memory()[1] < 20_000_000
    tracemalloc.stop()


def test_text_that_unpacks_to_much_is_refused():
    bomb = encoded(PHOTO)
    text = chunk(b"zTXt", b"k\0\0" + zlib.compress(bytes(50_000_000)))
    with pytest.raises(UnreadableImage, match="damaged or cut short"):
        measure_cover(bomb[:33] + text + bomb[33:])


def test_random_pixels_are_as_cluttered_as_can_be():
    noise = of_levels(np.random.default_rng(0).integers(0, 256, (200, 200, 3)))
    clutter = measure_cover(encoded(noise)).clutter
    assert clutter is not None
    assert clutter > 0.7


@hypothesis_settings(deadline=None, max_examples=40)
@given(images())
def test_black_and_empty_rows_are_no_missing_rows(image):
    image.paste(0, (0, image.height // 2, *image.size))
    assert measure_cover(encoded(image, "PNG")).height == image.height


@pytest.mark.parametrize("kind", ["JPEG", "JPEG, progressive", "PNG"])
def test_a_photo_of_twelve_megapixels_takes_little_memory(kind):
    command = [sys.executable, "-m", "tests.bench.pictures", kind, "1"]
    environment = {**os.environ, "PICTURE_NETWORKS_PATH": ""}
    run = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    assert json.loads(run.stdout)["MiB added"] < 150


@pytest.mark.parametrize(
    "raised",
    [MemoryError(), RecursionError("deep"), struct.error("short"), SystemError("odd\nerror"), OSError(-2), KeyError(5)],
)
def test_whatever_a_decoder_raises_is_one_sentence_and_its_type_is_logged(raised, monkeypatch):
    def fail(*_):
        raise raised

    monkeypatch.setattr(decoding, "_decode", fail)
    # a logger that was used before keeps writing where it did then
    monkeypatch.setattr(decoding, "log", structlog.get_logger())
    with (
        structlog.testing.capture_logs() as logs,
        pytest.raises(UnreadableImage, match=r"^The cover is damaged or cut short \(.*\.$"),
    ):
        measure_cover(encoded(PHOTO))
    assert [(each["event"], each["error"]) for each in logs] == [("picture_damaged", type(raised).__name__)]


@pytest.mark.parametrize("format", ["PNG", "WEBP", "GIF"])
def test_a_large_picture_is_refused_by_its_header_alone(format, monkeypatch):
    monkeypatch.setattr(decoding, "_decode", lambda *_: pytest.fail("it was unpacked"))
    large = encoded(Image.new("RGB", (4_000, 3_300)), format)
    with pytest.raises(UnreadableImage, match="is 4000 x 3300 pixels; at most 12,600,000"):
        measure_cover(large)
