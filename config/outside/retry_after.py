"""Read how long a server asks to be left alone."""

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

LONGEST_S = 3600.0
"""What is waited at most, however long a server asks for."""
ABSURD_S = 24 * 3600.0
"""A longer wait is a mistake, and counts as absent."""


def parse_retry_after(value: str, now: datetime) -> float | None:
    """Return the seconds that a `Retry-After` header asks for, at most an hour; None for what is absent, past or odd.

    More than a day is odd: a single header must not put anybody off for years.
    """
    text = value.strip()
    if re.fullmatch(r"[0-9]{1,6}", text):
        seconds = float(text)
    else:
        moment = _parse_date(text)
        if moment is None or moment < now:
            return None
        seconds = (moment - now).total_seconds()
    return min(seconds, LONGEST_S) if seconds <= ABSURD_S else None


def _parse_date(text: str) -> datetime | None:
    # the library's parser reads far more than HTTP's dates
    if len(text) > 40 or not text.isascii():
        return None
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
