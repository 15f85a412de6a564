"""Unicode normalisation whose cost grows with a text's length alone, whatever somebody wrote to make it grow faster."""

import unicodedata
from itertools import groupby, islice
from typing import Literal

MAX_MARKS = 30
"""Combining marks in a row, as in UAX #15's Stream-Safe Text Format: no language has as many, and to put them in order
costs the square of their number."""

MAX_NORMALISED = 20_000
"""Characters of a normalised text: twice what a caption may have. One character can become eighteen."""


def normalised(form: Literal["NFC", "NFKC"], text: str) -> str:
    """The text in that form, without marks after `MAX_MARKS` in a row, and its first `MAX_NORMALISED` characters."""
    runs = groupby(text, _is_mark)
    in_bounds = "".join("".join(islice(run, MAX_MARKS) if marks else run) for marks, run in runs)
    return unicodedata.normalize(form, in_bounds)[:MAX_NORMALISED]


def _is_mark(character: str) -> bool:
    # some marks are told only by what they are made of
    return unicodedata.combining(unicodedata.normalize("NFKD", character)[0]) > 0
