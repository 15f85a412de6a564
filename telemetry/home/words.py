"""Figures as the home page writes them."""

from datetime import datetime, timedelta

MINUTE, HOUR, DAY = 60, 3_600, 86_400


def percent(share: float, digits: int = 1) -> str:
    """Return a share (0 to 1) in per cent.

    >>> percent(0.0123)
    '1.2 %'
    """
    return f"{100 * share:.{digits}f} %"


def span(length: timedelta | float) -> str:
    """Return a time of so long, or of so many seconds, in its largest unit.

    >>> span(90), span(timedelta(hours=30)), span(timedelta(days=3))
    ('1 minute', '30 hours', '3 days')
    """
    seconds = length.total_seconds() if isinstance(length, timedelta) else length
    for name, unit, least in (("day", DAY, 2 * DAY), ("hour", HOUR, HOUR), ("minute", MINUTE, MINUTE)):
        if seconds >= least:
            count = int(seconds // unit)
            return f"{count} {name}{'' if count == 1 else 's'}"
    return f"{max(0, int(seconds))} seconds"


def ago(at: datetime | None, now: datetime) -> str:
    """Return since when, e.g. "5 minutes ago"; "never" without a moment."""
    return "never" if at is None else f"{span(now - at)} ago"
