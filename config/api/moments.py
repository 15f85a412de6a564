"""Moments: a date with a time, as RFC 3339 writes them. A bare date is refused instead of read as midnight."""

import re
from datetime import datetime

EXPECTED = "This is no moment; expected a date and a time, such as 2026-12-01T18:00:00Z."
_MOMENT = re.compile(
    r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}([.,]\d{1,9})?)?(Z|[+-]\d{2}(:?\d{2})?)?",
    re.ASCII,
)


def is_moment(text: str) -> bool:
    """Return whether the text, all of it, is a date and a time that exist; without an offset, too."""
    if _MOMENT.fullmatch(text) is None:
        return False
    try:
        # it alone would also read weeks, and whatever follows a NUL
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True
