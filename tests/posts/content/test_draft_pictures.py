"""Measures of a draft's picture beside a cover's: main colours, and the check for nudity."""

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from PIL import Image

from posts.content.pictures import Colour, DraftCover, Nudity, measure_draft_cover
from posts.content.pictures.colours import main_colours
from posts.content.pictures.faces import Face
from tests.posts.content.drawn import ASTRONAUT, encoded

PAINTS = {
    "black": (12, 12, 14), "grey": (128, 128, 130), "white": (250, 250, 248), "red": (200, 20, 30),
    "orange": (240, 130, 20), "brown": (100, 60, 25), "beige": (232, 214, 180), "yellow": (250, 220, 40),
    "green": (40, 140, 60), "turquoise": (50, 200, 200), "blue": (30, 80, 200), "purple": (110, 50, 190),
    "pink": (240, 150, 180),
}  # fmt: skip
FACE = Face(0.4, 0.4, 0.2, 0.2, 1.0)


def painted(*parts: tuple[str, int]) -> Image.Image:
    """A picture of horizontal stripes, each a colour and its height in per cent."""
    rows = np.concatenate([np.full((height, 60, 3), PAINTS[name], dtype=np.uint8) for name, height in parts])
    return Image.fromarray(rows)


def test_each_colour_has_the_name_that_people_give_it() -> None:
    assert set(PAINTS) == set(Colour)
    assert {name: main_colours(painted((name, 100)), []) for name in PAINTS} == {
        name: (Colour(name),) for name in PAINTS
    }


def test_the_main_colours_are_those_that_most_of_the_picture_has() -> None:
    assert main_colours(painted(("blue", 60), ("white", 30), ("red", 10)), []) == ("blue", "white")
    assert main_colours(painted(("red", 85), ("white", 15)), []) == ("red",)
    many = painted(*((name, 20) for name in ("red", "blue", "green", "yellow", "black")))
    assert main_colours(many, []) == ()


def test_skin_has_no_colour() -> None:
    """Beside a face brown or beige may be skin, and what lies in or around the face does not count at all."""
    for name in ("brown", "beige", "pink", "orange"):
        assert main_colours(painted((name, 60), ("blue", 40)), []) == (name, "blue")
        assert main_colours(painted((name, 60), ("blue", 40)), [FACE]) == ()
    face = painted(("blue", 100))
    face.paste(PAINTS["black"], (18, 30, 42, 70))
    assert main_colours(face, [FACE]) == ("blue",)
    assert main_colours(face, [Face(-1.0, -1.0, 3.0, 3.0, 1.0)]) == ()


def test_a_drafts_cover_is_kept_and_read_again_as_it_was() -> None:
    cover = measure_draft_cover(ASTRONAUT.read_bytes())
    assert (cover.faces, cover.nudity) == (1, Nudity.NOT_CHECKED)
    kept = json.loads(json.dumps(cover.as_json()))
    again = DraftCover.from_json(kept)
    assert again == cover
    assert again is not None
    assert again.as_json() == kept
    # of a release that named no colours
    del kept["colours"], kept["nudity"]
    assert DraftCover.from_json(kept) == replace(cover, colours=())
    odd: list[dict[str, Any]] = [{**kept, "taste": 1}, {**kept, "colours": ["infrared"]}, {}]
    assert [DraftCover.from_json(each) for each in odd] == [None] * 3


@pytest.mark.parametrize("size", [(1, 1), (2, 400)])
def test_the_smallest_pictures_have_colours(size: tuple[int, int]) -> None:
    assert measure_draft_cover(encoded(Image.new("RGB", size, "white"))).colours == (Colour.WHITE,)
