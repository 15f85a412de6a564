"""Moments: a date with a time. A bare date is no moment, and is refused instead of read as midnight."""

import re

EXPECTED = "This is no moment; expected a date and a time, such as 2026-12-01T18:00:00Z."
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}", re.ASCII)


def is_moment(text: str) -> bool:
    """Return whether the text begins as ISO 8601 writes a date and a time; whether both exist is not asked."""
    return _MOMENT.match(text) is not None
