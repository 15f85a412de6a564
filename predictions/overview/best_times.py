"""Best times in words."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.dates import WEEKDAYS


@dataclass(frozen=True, slots=True)
class ToldTime:
    """A time, and its effect on likes with its 80 % interval, in per cent."""

    when: str
    effect_pct: float
    low_pct: float
    high_pct: float


def told_times(best_times: Sequence[dict[str, Any]]) -> list[ToldTime]:
    """Return stored best times in words: 18:00–21:00, Saturday."""
    return [ToldTime(_when(best), best["effect_pct"], best["low_pct"], best["high_pct"]) for best in best_times]


def _when(best: dict[str, Any]) -> str:
    if best["kind"] == "weekday":
        return str(WEEKDAYS[best["first"]])
    return f"{best['first']:02}:00\N{EN DASH}{best['until']:02}:00"
