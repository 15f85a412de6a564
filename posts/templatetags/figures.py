"""Filters that write figures for people."""

import math
from datetime import datetime, timedelta

from django import template
from django.utils.formats import number_format
from django.utils.translation import get_language_bidi, gettext, ngettext

register = template.Library()

UNKNOWN = "–"
SIGNIFICANT_DIGITS = 3


@register.filter
def count(value: float | None) -> str:
    """A count in full: 12345 -> 12,345; None -> –."""
    return UNKNOWN if value is None else _whole(round(value))


@register.filter
def about(value: float | str | None) -> str:
    """A forecast count without false precision, to three digits: 12345.6 -> 12,300; None, or a missing one -> –."""
    if value is None or isinstance(value, str):
        return UNKNOWN
    whole = round(value)
    digits = len(str(abs(whole)))
    return _whole(round(whole, min(0, SIGNIFICANT_DIGITS - digits)))


@register.filter
def to(low: float | None, high: float | None) -> str:
    """A range of counts as `about` writes them: 71–403, in this order in texts from right to left too."""
    return isolated(f"{about(low)}\N{EN DASH}{about(high)}")


@register.filter
def percent(share: float | None) -> str:
    """A share as a percentage: 0.234 -> 23 %; None -> –."""
    return UNKNOWN if share is None else _percentage(_whole(round(share * 100)))


@register.filter
def rate(share: float | None) -> str:
    """A rate to two digits: 0.0812 -> 8.1 %, 0.113 -> 11 %; None -> –."""
    if share is None:
        return UNKNOWN
    percentage = f"{float(f'{share * 100:.2g}'):g}"
    return _percentage(number_format(percentage, use_l10n=True, force_grouping=True))


@register.filter
def signed_percent(percentage: float) -> str:
    """A percentage with its sign: 4.2 -> +4 %, -4.2 -> −4 %."""
    sign = "+" if percentage >= 0 else "\N{MINUS SIGN}"
    return _percentage(f"{sign}{_whole(round(abs(percentage)))}")


@register.filter
def signed_count(change: int) -> str:
    """A change of a count in full, with its sign: 1234 -> +1,234, -3 -> −3, 0 -> ±0."""
    sign = "+" if change > 0 else "\N{MINUS SIGN}" if change < 0 else "\N{PLUS-MINUS SIGN}"
    return isolated(f"{sign}{_whole(abs(change))}")


@register.filter
def brief(value: int) -> str:
    """A round count for an axis: 500, 2k, 10M."""
    for size, letter in ((1_000_000_000, "G"), (1_000_000, "M"), (1_000, "k")):
        if value >= size:
            return f"{number_format(f'{value / size:g}', use_l10n=True)}{letter}"
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
        return gettext("%(number)s min") % {"number": max(0, math.floor(hours * 60))}
    if hours < 48:
        return gettext("%(number)s h") % {"number": math.floor(hours)}
    days = math.floor(hours / 24)
    return ngettext("%(number)s day", "%(number)s days", days) % {"number": _whole(days)}


@register.filter
def since(later: datetime, earlier: datetime) -> timedelta:
    """`later - earlier` of two datetimes."""
    return later - earlier


def _whole(number: int) -> str:
    return number_format(number, use_l10n=True, force_grouping=True)


def _percentage(number: str) -> str:
    return isolated(f"{number}\N{NO-BREAK SPACE}%")


def isolated(figure: str) -> str:
    """Return a figure that keeps its order in a text from right to left, where its signs would change places."""
    return f"\N{LEFT-TO-RIGHT ISOLATE}{figure}\N{POP DIRECTIONAL ISOLATE}" if get_language_bidi() else figure
