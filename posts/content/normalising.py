"""Unicode normalisation in time linear in a text's length, also for texts written to make it slow."""

import unicodedata
from itertools import groupby, islice
from typing import Literal

MAX_MARKS = 30
"""Combining marks in a row, as in UAX #15's Stream-Safe Text Format: no language has as many, and sorting them costs
the square of their number."""

MAX_NORMALISED = 20_000
"""Characters of a normalised text, twice the longest caption: one character can become eighteen."""


def normalised(form: Literal["NFC", "NFKC"], text: str) -> str:
    """Return the normalised text without marks after `MAX_MARKS` in a row, cut to `MAX_NORMALISED` characters."""
    if text.isascii():
        # has no marks, and every form leaves it as it is
        return text[:MAX_NORMALISED]
    runs = groupby(text, _is_mark)
    in_bounds = "".join("".join(islice(run, MAX_MARKS) if marks else run) for marks, run in runs)
    return unicodedata.normalize(form, in_bounds)[:MAX_NORMALISED]


def _is_mark(character: str) -> bool:
    # some marks only show as such once they are decomposed
    return unicodedata.combining(unicodedata.normalize("NFKD", character)[0]) > 0
