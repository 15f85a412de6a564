import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from posts.content.captions import measure_caption
from posts.content.pictures import CoverMeasures
from predictions.engine import Draft
from predictions.engine.effects.design import (
    BLOCK_OF,
    BLOCKS,
    COVER,
    TIME_WIDTH,
    WIDTH,
    body_length,
    content_design,
    time_design,
)
from predictions.engine.types import DAY, HOUR, Floats
from tests.engine.synthetic import START, draft

PLAIN = draft(START)
WHERE = {name: slice(block.start - TIME_WIDTH, block.stop - TIME_WIDTH) for name, block in BLOCKS[4:]}
"""Columns of each block among those of the content."""

drafts = st.builds(
    Draft,
    st.integers(0, 2**33),
    st.text(max_size=80).map(measure_caption),
    st.floats(),
    st.just(""),
    st.one_of(st.none(), st.builds(CoverMeasures, *[st.floats()] * 5)),
)


def columns(planned: Draft) -> Floats:
    row: Floats = content_design([planned])[0]
    return row


def with_text(text: str) -> Draft:
    return replace(PLAIN, caption=measure_caption(text))


def changed_blocks(one: Draft, other: Draft) -> set[str]:
    apart = np.abs(columns(one) - columns(other)) > 1e-9
    return {name for name, where in WHERE.items() if apart[where].any()}


def test_blocks_cover_the_width_in_order():
    ends = [0, *(block.stop for _, block in BLOCKS)]
    assert [block.start for _, block in BLOCKS] == ends[:-1]
    assert ends[-1] == WIDTH == len(BLOCK_OF)
    assert time_design(np.array([START, START + HOUR])).shape == (2, TIME_WIDTH)
    for count in (0, 1, 3):
        assert content_design([PLAIN] * count).shape == (count, WIDTH - TIME_WIDTH)


@given(drafts)
def test_every_draft_has_finite_columns(planned: Draft):
    assert np.isfinite(columns(planned)).all()


def test_an_unknown_duration_is_a_usual_one_and_no_cover_is_no_effect():
    assert np.array_equal(columns(replace(PLAIN, duration_s=math.nan)), columns(replace(PLAIN, duration_s=20.0)))
    assert not columns(replace(PLAIN, cover=None))[WHERE["cover"]].any()
    middle = CoverMeasures(0.5, 0.2, 0.4, 0.2, 0.2)
    assert columns(replace(PLAIN, cover=middle))[WHERE["cover"]] == pytest.approx(np.zeros(len(COVER)))


@pytest.mark.parametrize(
    ("one", "other", "blocks"),
    [
        ("a caption", "a caption #sunset", {"hashtags", "hashtags_smooth"}),
        ("a caption #a #b", "a caption #a #b #c #d", {"hashtags", "hashtags_smooth"}),
        ("a caption #sunset", "a caption #fyp", set()),
        ("a caption", "a much longer caption", {"length", "length_smooth"}),
        ("why", "wh?", {"question"}),
    ],
)
def test_what_changes_in_a_caption_changes_its_own_columns(one: str, other: str, blocks: set[str]):
    assert changed_blocks(with_text(one), with_text(other)) == blocks


def test_other_inputs_change_their_own_columns():
    assert changed_blocks(PLAIN, replace(PLAIN, duration_s=60.0)) == {"duration", "duration_smooth"}
    assert changed_blocks(PLAIN, replace(PLAIN, cover=CoverMeasures(0.9, 0.1, 0.2, 0.3, 0.4))) == {"cover"}
    assert changed_blocks(PLAIN, replace(PLAIN, publish_at=START + HOUR, sound="other")) == set()


@given(st.lists(st.sampled_from(["cooking", "fyp", "werbung", "a"]), max_size=6, unique=True))
def test_hashtags_have_no_part_in_the_length(tags: list[str]):
    caption = measure_caption(" ".join(["a caption", *(f"#{tag}" for tag in tags)]))
    assert body_length(caption) == len("a caption")


@given(st.integers(0, 2**33), st.integers(-500, 500))
def test_hours_repeat_after_a_day_and_weekdays_after_a_week(local: int, days: int):
    moment = local + 500 * DAY
    [here, next_day, next_week] = time_design(np.array([moment, moment + days * DAY, moment + 7 * days * DAY]))
    hours = slice(BLOCKS[0][1].start, BLOCKS[1][1].stop)
    assert next_day[hours] == pytest.approx(here[hours], abs=1e-6)
    assert next_week == pytest.approx(here, abs=1e-6)


def test_the_variance_of_an_hour_is_one_at_any_hour():
    """Harmonics of independent coefficients of variance one: each hour of the day is as uncertain as any other."""
    design = time_design(START + np.arange(0, DAY, 900))
    for name in ("hour", "hour_fine"):
        assert (design[:, dict(BLOCKS)[name]] ** 2).sum(axis=1) == pytest.approx(1.0)


def test_the_weekend_is_saturday_and_sunday():
    # START is a Tuesday
    design = time_design(START + np.arange(7) * DAY)
    assert design[:, dict(BLOCKS)["weekend"].start].tolist() == [0, 0, 0, 0, 1, 1, 0]


@pytest.mark.parametrize(("name", "variable"), [("duration_smooth", [2.0, 7.0, 20.0, 100.0, 300.0])])
def test_smooth_columns_are_a_gaussian_process(name: str, variable: list[float]):
    """Products of rows are the kernel: near one at each knot's neighbourhood, falling with distance on a log scale."""
    rows = content_design([replace(PLAIN, duration_s=value) for value in variable])[:, WHERE[name]]
    kernel = np.exp(-0.5 * (np.subtract.outer(np.log(variable), np.log(variable)) / 0.7) ** 2)
    np.testing.assert_allclose(rows @ rows.T, kernel, atol=0.1)
