"""Counts as apps and pages write them: "1.2K", "12,3 mil.", "3M"; each with the half-width of its rounding."""

import math
import re
from dataclasses import dataclass

_THOUSAND, _MILLION = 1_000, 1_000_000
# The short forms of the Unicode CLDR, "Compact Decimal Formats". "B" is not among them: thousands in Turkish, a
# thousand millions in English.
_UNITS = {
    **dict.fromkeys(("k", "mil", "tsd", "tsd.", "tis", "tis.", "tys", "tys.", "тыс", "тыс.", "тис", "тис."), _THOUSAND),
    **dict.fromkeys(("m", "mi", "mil.", "mio", "mio.", "mln", "mln.", "mn", "млн", "млн."), _MILLION),
}
_WRITTEN = re.compile(r"([0-9]{1,4})(?:[.,]([0-9]{1,2}))?[ \u00a0\u202f]?([^\W\d_]{1,3}\.?)")


@dataclass(frozen=True, slots=True)
class WrittenCount:
    """A count; `coarseness` is the half-width of its rounding in log units, 0 for an exact one."""

    value: int
    coarseness: float = 0.0


def read_rounded(text: str) -> WrittenCount | None:
    """Return a rounded count; None for any other text, exact counts among them.

    >>> read_rounded("1.2K")
    WrittenCount(value=1200, coarseness=0.0417...)
    >>> read_rounded("12,3 mil."), read_rounded("12,3 mil")
    (WrittenCount(value=12300000, coarseness=0.004...), WrittenCount(value=12300, coarseness=0.004...))
    """
    written = _WRITTEN.fullmatch(text.strip())
    unit = _UNITS.get(written[3].casefold()) if written else None
    if written is None or unit is None:
        return None
    decimals = written[2] or ""
    step = unit // 10 ** len(decimals)
    value = int(written[1] + decimals) * step
    return WrittenCount(value, half_width(value, step)) if value else None


def half_width(value: float, step: float) -> float:
    """Return the half-width, in log units, of the counts that are rounded to a positive `value` in steps of `step`."""
    return math.log((value + step / 2) / (value - step / 2)) / 2
