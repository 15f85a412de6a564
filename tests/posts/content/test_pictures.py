"""What is measured of pictures, and how they are decoded."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageFilter

from posts.content.pictures import measure_cover
from posts.content.pictures.decoding import DECODED_SIDE, decode
from posts.content.pictures.measures import UPRIGHT, crop_loss, upright_crop
from tests.posts.content.drawn import ASTRONAUT, encoded, images, of_levels, texture

TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
SHARES = ("brightness", "saturation", "shadows", "highlights", "clutter", "crop_loss", "face_area")


def plain(levels: float, size: tuple[int, int] = (64, 64)) -> Any:
    return measure_cover(encoded(Image.new("L", size, round(levels))))


def measured(pixels: NDArray[Any]) -> Any:
    return measure_cover(encoded(of_levels(pixels.clip(0, 255))))


@hypothesis_settings(deadline=None, max_examples=60)
@given(images(), st.sampled_from(["PNG", "WEBP", "GIF", "JPEG"]))
def test_any_picture_has_measures_within_their_ranges(image, format):
    if format != "PNG" or image.mode == "I;16":
        image = image.convert("RGB") if format == "JPEG" or image.mode == "I;16" else image
    m = measure_cover(encoded(image, format))
    assert (m.width, m.height) == image.size
    assert all(0 <= getattr(m, name) <= 1 for name in SHARES)
    assert 0 <= m.contrast <= 0.5
    for name in ("colourfulness", "sharpness", "noise"):
        assert 0 <= getattr(m, name) < math.inf


@hypothesis_settings(deadline=None, max_examples=60)
@given(images(modes=("L", "RGB", "RGBA", "P")), st.sampled_from(list(TURNS)), st.sampled_from(["PNG", "WEBP"]))
def test_a_rotation_in_exif_is_a_rotation_of_the_pixels(image, orientation, format):
    image = image.convert("RGBA")
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    options = {"lossless": True, "exact": True} if format == "WEBP" else {}
    turned = measure_cover(encoded(image, format, exif=exif.tobytes(), **options))
    assert turned == measure_cover(encoded(image.transpose(TURNS[orientation]), format, **options))


@pytest.mark.parametrize("orientation", [*TURNS, 1, 0, 9, 77])
def test_a_phones_photo_stands_upright(orientation):
    photo = of_levels(np.dstack([np.full((40, 80), 200), np.zeros((40, 80)), np.zeros((40, 80))]))
    photo.paste((0, 0, 255), (0, 0, 40, 20))
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    decoded = decode(encoded(photo, "JPEG", exif=exif.tobytes(), quality=95, subsampling=0))
    expected = photo.transpose(TURNS[orientation]) if orientation in TURNS else photo
    assert (decoded.width, decoded.height) == expected.size == decoded.image.size
    assert np.abs(np.asarray(decoded.image, int) - np.asarray(expected, int)).mean() < 3


def test_damaged_exif_data_is_no_reason_to_refuse():
    image = of_levels(texture(30, 50))
    assert measure_cover(encoded(image, exif=b"Exif\0\0MM\0*\xff\xff\xff\xff")) == measure_cover(encoded(image))


def test_where_a_photo_was_taken_changes_nothing_and_is_not_parsed(monkeypatch):
    exif = Image.Exif()
    exif.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSLatitude] = (49.0, 17.0, 0.0)
    data = encoded(of_levels(texture(30, 50)), exif=exif.tobytes())

    def read(self, tag):
        raise AssertionError(f"the directory {tag:#x} of EXIF was read")

    monkeypatch.setattr(Image.Exif, "get_ifd", read)
    assert measure_cover(data) == measure_cover(encoded(of_levels(texture(30, 50))))


@hypothesis_settings(deadline=None, max_examples=30)
@given(st.integers(0, 99), st.floats(1, 60))
def test_more_light_is_brighter_and_nothing_else(seed, more):
    pixels = np.rint(texture(48, 64, seed))
    dark, light = measured(pixels), measured(pixels + round(more))
    assert light.brightness - dark.brightness == pytest.approx(round(more) / 255, abs=1e-6)
    for name in ("contrast", "sharpness", "noise", "clutter", "colourfulness"):
        assert getattr(light, name) == pytest.approx(getattr(dark, name), rel=1e-3, abs=1e-3)


@hypothesis_settings(deadline=None, max_examples=30)
@given(st.integers(0, 99), st.floats(0.2, 0.8))
def test_a_flatter_picture_has_less_contrast_and_colour(seed, factor):
    pixels = texture(48, 64, seed)
    strong, flat = measured(pixels), measured(125 + factor * (pixels - 125))
    for name in ("contrast", "colourfulness", "saturation"):
        assert getattr(flat, name) < getattr(strong, name)
    assert flat.contrast == pytest.approx(factor * strong.contrast, rel=0.05)


@pytest.mark.parametrize("level", [0, 1, 128, 254, 255])
def test_a_flat_picture_has_nothing_but_brightness(level):
    m = plain(level)
    assert m.brightness == pytest.approx(level / 255)
    assert (m.contrast, m.saturation, m.colourfulness, m.sharpness, m.noise, m.clutter) == (0, 0, 0, 0, 0, 0)
    assert (m.shadows, m.highlights) == (float(level < 5), float(level > 250))


@pytest.mark.parametrize("format", ["PNG", "JPEG", "WEBP", "GIF"])
@pytest.mark.parametrize("size", [(1, 1), (1, 40), (333, 517)])
@pytest.mark.parametrize("level", [0, 64, 128, 200, 255])
def test_a_flat_picture_is_not_sharp_in_any_format_and_size(format, size, level):
    m = measure_cover(encoded(Image.new("RGB", size, (level,) * 3), format))
    assert m.brightness == pytest.approx(level / 255, abs=0.005)
    assert (m.contrast, m.saturation, m.sharpness, m.noise, m.clutter) == (0, 0, 0, 0, 0)


@pytest.mark.parametrize("share", [0, 0.46, 1])
@pytest.mark.parametrize("mode", ["I;16", "L", "LA", "RGB", "RGBA", "P", "CMYK"])
def test_a_grey_is_as_bright_in_every_mode(mode, share):
    if mode == "I;16":
        image = Image.fromarray(np.full((40, 30), round(share * 65_535), dtype=np.uint16))
    else:
        grey = Image.new("RGB", (30, 40), (round(share * 255),) * 3)
        image = grey.quantize(2) if mode == "P" else grey.convert(mode)
    m = measure_cover(encoded(image, "JPEG" if mode == "CMYK" else "PNG"))
    assert m.brightness == pytest.approx(share, abs=0.003)
    assert m.sharpness == 0


@pytest.mark.parametrize("profile", [b"", b"no profile", bytes(200_000)])
def test_an_odd_colour_profile_changes_nothing(profile):
    for format in ("PNG", "JPEG", "WEBP"):
        picture = of_levels(texture(30, 40))
        assert measure_cover(encoded(picture, format, icc_profile=profile)) == measure_cover(encoded(picture, format))


def test_a_blurred_picture_is_less_sharp_and_less_cluttered():
    photo = Image.open(ASTRONAUT)
    sharp, soft = (measured(np.asarray(p)) for p in (photo, photo.filter(ImageFilter.GaussianBlur(3))))
    assert soft.sharpness < sharp.sharpness / 2
    assert soft.clutter < sharp.clutter
    assert soft.brightness == pytest.approx(sharp.brightness, abs=0.01)


@pytest.mark.parametrize("sd", [2, 5, 10, 20])
def test_noise_is_measured_as_it_was_added(sd):
    pixels = 128 + np.random.default_rng(sd).normal(0, sd, (200, 300))
    assert measured(pixels).noise == pytest.approx(sd, rel=0.05)


def test_colourfulness_is_that_of_the_paper():
    """Half pure red, half pure blue: the metric by hand."""
    pixels = np.zeros((10, 20, 3))
    pixels[:, :10, 0] = pixels[:, 10:, 2] = 255
    spread = math.hypot(127.5, 191.25)
    assert measured(pixels).colourfulness == pytest.approx(spread + 0.3 * math.hypot(127.5, -63.75), rel=1e-4)
    assert measured(pixels).saturation == 1


def test_sixteen_bits_are_scaled_and_not_cut_off():
    levels = np.linspace(0, 65_535, 64 * 64).reshape(64, 64).astype(np.uint16)
    m = measure_cover(encoded(Image.fromarray(levels)))
    assert m.brightness == pytest.approx(0.5, abs=0.01)
    assert m.highlights == pytest.approx(6 / 256, abs=0.005)


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_transparent_pixels_are_white(mode):
    image = Image.new("RGBA", (40, 40), (0, 0, 0, 0))
    image.paste((0, 0, 0, 255), (0, 0, 20, 40))
    assert measure_cover(encoded(image.convert(mode))).brightness == pytest.approx(0.5, abs=0.01)


@pytest.mark.parametrize("colour", [0, (10, 20, 30)])
def test_a_transparent_colour_is_white(colour):
    image = Image.new("RGB" if isinstance(colour, tuple) else "L", (40, 40), colour)
    assert measure_cover(encoded(image, transparency=colour)).brightness == 1


def test_half_transparent_is_half_white():
    assert measure_cover(encoded(Image.new("RGBA", (9, 9), (0, 0, 0, 128)))).brightness == pytest.approx(0.5, abs=0.01)


def test_a_cmyk_photo_has_its_colours():
    image = of_levels(texture(60, 60))
    cmyk, rgb = (measure_cover(encoded(i, "JPEG", quality=95)) for i in (image.convert("CMYK"), image))
    for name in ("brightness", "contrast", "saturation"):
        assert getattr(cmyk, name) == pytest.approx(getattr(rgb, name), abs=0.03)


@pytest.mark.parametrize("format", ["GIF", "WEBP", "PNG"])
def test_of_an_animation_the_first_frame_counts(format):
    frames = [Image.new("RGB", (30, 30), colour) for colour in ("black", "white", "white")]
    data = encoded(frames[0], format, save_all=True, append_images=frames[1:], duration=100)
    assert measure_cover(data).brightness == pytest.approx(0, abs=0.02)


def test_of_a_photo_with_a_second_one_behind_it_the_first_counts():
    """Phones store a photo and its preview or depth as one file (MPO)."""
    photo, other = of_levels(texture(600, 800)), Image.new("RGB", (50, 50))
    data = encoded(photo, "MPO", save_all=True, append_images=[other])
    both, alone = measure_cover(data), measure_cover(encoded(photo, "JPEG"))
    assert (both.width, both.height) == (800, 600)
    assert both.brightness == pytest.approx(alone.brightness, abs=0.005)


@pytest.mark.parametrize("size", [(1, 1), (1, 5_000), (5_000, 1), (2, 2), (3, 3)])
def test_the_smallest_pictures_are_measured(size):
    m = plain(90, size)
    assert (m.width, m.height, m.faces) == (*size, 0)
    assert m.brightness == pytest.approx(90 / 255)


@pytest.mark.parametrize(("width", "height"), [(4_000, 3_000), (3_024, 4_032), (700, 520)])
def test_a_large_picture_measures_as_its_small_copy(width, height):
    """The decoder unpacks a JPEG at a fraction of its size; the measures must not show it."""
    image = of_levels(texture(height // 10, width // 10)).resize((width, height), Image.Resampling.BICUBIC)
    small = image.resize((width * DECODED_SIDE // max(width, height), height * DECODED_SIDE // max(width, height)))
    large, copy = measure_cover(encoded(image, "JPEG", quality=90)), measure_cover(encoded(small))
    assert (large.width, large.height) == (width, height)
    for name in ("brightness", "contrast", "saturation"):
        assert getattr(large, name) == pytest.approx(getattr(copy, name), abs=0.02)
    assert large.sharpness == pytest.approx(copy.sharpness, abs=0.5)


@given(st.integers(1, 20_000), st.integers(1, 20_000))
def test_the_upright_crop_is_the_largest_that_fits(width, height):
    left, top, crop_width, crop_height = upright_crop(width, height)
    assert 0 <= left <= width - crop_width
    assert 0 <= top <= height - crop_height
    assert crop_width == width or crop_height == height
    assert abs(crop_width - crop_height * UPRIGHT) <= 1
    lost = 1 - crop_width * crop_height / (width * height)
    # a crop has whole pixels
    assert crop_loss(width, height) == pytest.approx(lost, abs=1 / min(width, height))


def test_the_crop_of_an_upright_picture_loses_nothing():
    assert crop_loss(1080, 1920) == 0
    assert crop_loss(1920, 1080) == pytest.approx(1 - UPRIGHT**2)
    assert crop_loss(1000, 1000) == pytest.approx(1 - UPRIGHT)
