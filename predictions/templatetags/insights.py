"""Weekdays and changes in words."""

from django import template
from django.utils.dates import WEEKDAYS, WEEKDAYS_ABBR
from django.utils.formats import number_format

register = template.Library()
MINUS = "\N{MINUS SIGN}"


@register.filter
def weekday(day: int | str) -> str:
    """Return a weekday's name, Monday 0."""
    return str(WEEKDAYS[int(day)])


@register.filter
def weekday_short(day: int | str) -> str:
    """Return a weekday's short name, Monday 0: Mon."""
    return str(WEEKDAYS_ABBR[int(day)])


@register.filter
def signed_count(number: int) -> str:
    """Return a change of a count with its sign: 1200 -> +1,200, -3 -> −3."""
    return f"{'+' if number >= 0 else MINUS}{number_format(abs(number), use_l10n=True, force_grouping=True)}"
