"""Cells that leave for a spreadsheet are shown as they are, and come back as they were."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.csv_cells import guarded, unguarded

RISKY = [
    *("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "\nplain", "\ttext", " =1", "\u00a0=1", "\u3000=1"),
    *('"=1"', "'=1", "“=1", "＝1+1", "＋1", "－1", "＠A1", "﹦1", "\ufeff=1", "\u200b=1", " \n ' =1", "\x00=1", "−1"),
    *("7301234567890123456", "0170123", "1234567890123456"),
]
HARMLESS = ["", "Sunset", "1 = 1", "a@b.example", "123456789012345", "'twas", "#sunset", "0", "{}", "[1]", "5"]


@pytest.mark.parametrize("text", RISKY)
def test_a_text_that_a_spreadsheet_would_run_or_round_is_guarded(text):
    assert guarded(text) == f"'{text}"
    assert unguarded(guarded(text)) == text


@pytest.mark.parametrize("text", HARMLESS)
def test_other_texts_stay_as_they_are(text):
    assert guarded(text) == text == unguarded(text)


@given(st.one_of(st.text(), st.text("'\"=+-@\t\n 019"), st.sampled_from(RISKY).map("'".__add__)))
def test_what_left_comes_back_as_it_was(text):
    assert unguarded(guarded(text)) == text
    cell = guarded(text).replace("\x00", "")
    file = io.StringIO()
    csv.writer(file).writerow([cell, "next"])
    assert next(csv.reader(io.StringIO(file.getvalue(), newline=""))) == [cell, "next"]


@given(st.text("'\"=+-@\t\r\n ＝＋－＠", max_size=6), st.text(max_size=5))
def test_no_cell_begins_like_a_formula(start, rest):
    assert not guarded(start + rest).lstrip().startswith(("=", "+", "-", "@", "＝", "＋", "－", "＠"))
