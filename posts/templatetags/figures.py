"""Filters that write figures for people."""

import math
from datetime import datetime, timedelta

from django import template

register = template.Library()

UNKNOWN = "–"
SIGNIFICANT_DIGITS = 3


@register.filter
def count(value: float | None) -> str:
    """A count in full: 12345 -> 12,345; None -> –."""
    return UNKNOWN if value is None else f"{round(value):,}"


@register.filter
def about(value: float | str | None) -> str:
    """A forecast count without false precision, to three digits: 12345.6 -> 12,300; None, or a missing one -> –."""
    if value is None or isinstance(value, str):
        return UNKNOWN
    whole = round(value)
    digits = len(str(abs(whole)))
    return f"{round(whole, min(0, SIGNIFICANT_DIGITS - digits)):,}"


@register.filter
def percent(share: float | None) -> str:
    """A share as a percentage: 0.234 -> 23 %; None -> –."""
    return UNKNOWN if share is None else f"{share * 100:,.0f}\N{NO-BREAK SPACE}%"


@register.filter
def rate(share: float | None) -> str:
    """A rate to two digits: 0.0812 -> 8.1 %, 0.113 -> 11 %; None -> –."""
    if share is None:
        return UNKNOWN
    percentage = float(f"{share * 100:.2g}")
    return f"{percentage:,g}\N{NO-BREAK SPACE}%"


@register.filter
def signed_percent(percentage: float) -> str:
    """A percentage with its sign: 4.2 -> +4 %, -4.2 -> −4 %."""
    sign = "+" if percentage >= 0 else "\N{MINUS SIGN}"
    return f"{sign}{abs(percentage):.0f}\N{NO-BREAK SPACE}%"


@register.filter
def brief(value: int) -> str:
    """A round count for an axis: 500, 2k, 10M."""
    for size, letter in ((1_000_000_000, "G"), (1_000_000, "M"), (1_000, "k")):
        if value >= size:
            return f"{value / size:g}{letter}"
    return str(value)


@register.filter
def length_of_video(seconds: int | None) -> str:
    """A video's duration: 75 -> 1:15; None -> –."""
    return UNKNOWN if seconds is None else f"{seconds // 60}:{seconds % 60:02}"


@register.filter
def age(span: timedelta) -> str:
    """A time span in its largest unit: 45 min, 5 h, 3 days."""
    hours = span / timedelta(hours=1)
    if hours < 1:
        return f"{max(0, math.floor(hours * 60))} min"
    if hours < 48:
        return f"{math.floor(hours)} h"
    return f"{math.floor(hours / 24):,} days"


@register.filter
def since(later: datetime, earlier: datetime) -> timedelta:
    """`later - earlier` of two datetimes."""
    return later - earlier
