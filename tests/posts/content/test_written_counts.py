"""Counts as apps write them are read with their precision; what is no such count is left alone."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from posts.content.written_counts import WrittenCount, half_width, read_rounded


@pytest.mark.parametrize(
    ("text", "value", "lowest", "highest"),
    [
        ("1.2K", 1_200, 1_150, 1_250),
        ("1,2 k", 1_200, 1_150, 1_250),
        ("12,3 mil", 12_300, 12_250, 12_350),
        ("12,3\u00a0mil.", 12_300_000, 12_250_000, 12_350_000),
        ("3M", 3_000_000, 2_500_000, 3_500_000),
        ("4,56 Mio.", 4_560_000, 4_555_000, 4_565_000),
        ("15 тыс.", 15_000, 14_500, 15_500),
    ],
)
def test_a_rounded_count_knows_its_precision(text, value, lowest, highest):
    read = read_rounded(text)
    assert read is not None
    assert read.value == value
    assert 2 * read.coarseness == pytest.approx(math.log(highest / lowest))


@pytest.mark.parametrize(
    "text", ["", "1200", "1.2", "K", "0K", "0.0M", "1.234K", "12345K", "-1K", "1.2Kg", "1.2B", "1e3K"]
)
def test_other_texts_are_no_rounded_counts(text):
    assert read_rounded(text) is None


@given(st.from_regex(r"[0-9.,KkMmil ]{0,8}", fullmatch=True))
@settings(max_examples=60)
def test_any_text_is_read_or_left_alone(text):
    read = read_rounded(text)
    assert read is None or (read.value > 0 and 0 < read.coarseness < 1)


@given(st.integers(1, 9_999_999), st.sampled_from([1, 2, 3]))
def test_the_true_count_lies_within_the_rounding(count, digits):
    step = 10 ** max(len(str(count)) - digits, 0)
    value = (count + step // 2) // step * step
    reach = half_width(value, step)
    assert math.log(value) - 2 * reach <= math.log(count) <= math.log(value) + 2 * reach
    assert WrittenCount(count).coarseness == 0
