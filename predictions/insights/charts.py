"""Geometry of the insights' charts: effects with their ranges, a week's hours, followers, accounts of one size."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from posts.charts import LogScale, Tick
from predictions.insights.followers import Followers
from predictions.insights.services import Hour
from predictions.insights.sureness import Insight
from predictions.models import Benchmark

RANGE_WIDTH = 240
_ROUND_PERCENTS = (5, 10, 20, 50, 100, 200, 500, 1_000)
_LEAST_REACH = math.log(1.1)
"""An axis of effects reaches ten per cent either way at least."""
_STRONG, _WEAK = 10.0, 3.0
"""Effects (per cent) from which an hour has the stronger and the weaker colour."""
_STEPS = (1, 2, 5)


@dataclass(frozen=True, slots=True)
class RangeRow:
    """Positions of an effect and the ends of its range on the axis of its section (SVG units)."""

    effect: float
    low: float
    high: float

    @property
    def length(self) -> float:
        """Length of the range."""
        return round(self.high - self.low, 1)


@dataclass(frozen=True, slots=True)
class EffectTick:
    """A round effect, in per cent, on the axis."""

    position: float
    percent: int


@dataclass(frozen=True, slots=True)
class EffectAxis:
    """An axis of effects with zero in its middle; twice as many likes are as far from it as half as many."""

    reach: float
    """Log units to either end."""
    width: int = RANGE_WIDTH

    @classmethod
    def of(cls, insights: Sequence[Insight]) -> "EffectAxis":
        """Return the axis that holds the ranges of all of them."""
        ends = [abs(math.log1p(percent / 100)) for each in insights for percent in (each.low_pct, each.high_pct)]
        return cls(max(_LEAST_REACH, *ends) * 1.05 if ends else _LEAST_REACH)

    def position(self, percent: float) -> float:
        """Return the position of an effect."""
        return round(self.width / 2 * (1 + math.log1p(percent / 100) / self.reach), 1)

    def row(self, insight: Insight) -> RangeRow:
        """Return the positions of an insight."""
        return RangeRow(*(self.position(each) for each in (insight.effect_pct, insight.low_pct, insight.high_pct)))

    @property
    def ticks(self) -> list[EffectTick]:
        """Zero, and the largest round effect that leaves room for its words either way."""
        limit = 100 * math.expm1(self.reach * 0.85)
        up = max(each for each in _ROUND_PERCENTS if each <= max(limit, _ROUND_PERCENTS[0]))
        down = round(100 * math.expm1(-math.log1p(up / 100)))
        return [EffectTick(self.position(percent), percent) for percent in (down, 0, up)]


@dataclass(frozen=True, slots=True)
class WeekCell:
    """An hour's place, its colour (-2 to 2), and whether its sign is likely."""

    x: int
    y: int
    colour: int
    is_sure: bool

    @property
    def middle(self) -> tuple[float, float]:
        """Its middle."""
        return self.x + CELL / 2, self.y + CELL / 2


@dataclass(frozen=True, slots=True)
class WeekChart:
    """A week's hours as cells: days are rows where it is wide, columns where it is narrow."""

    width: int
    height: int
    cells: list[WeekCell]
    hours: list[tuple[int, int, int]]
    """(x, y, hour) of the labels of hours."""
    days: list[tuple[int, int, int]]
    """(x, y, weekday) of the labels of days."""


CELL = 30


def week_chart(week: Sequence[Sequence[Hour]], *, is_wide: bool) -> WeekChart:
    """Lay the hours of a week (7 days of 24 hours) out."""
    left, top = 44, 22
    cells = []
    for day, hours in enumerate(week):
        for hour, each in enumerate(hours):
            column, row = (hour, day) if is_wide else (day, hour)
            x, y = left + column * CELL, top + row * CELL
            cells.append(WeekCell(x, y, colour_of(each), each.is_sure))
    every = range(0, 24, 3)
    hour_labels = [(left + h * CELL + 2, top - 7, h) if is_wide else (0, top + h * CELL + 20, h) for h in every]
    day_labels = [
        (0, top + day * CELL + 20, day) if is_wide else (left + day * CELL + 2, top - 7, day) for day in range(7)
    ]
    columns, rows = (24, 7) if is_wide else (7, 24)
    return WeekChart(left + columns * CELL, top + rows * CELL, cells, hour_labels, day_labels)


def hours_by_clock(week: Sequence[Sequence[Hour]]) -> list[tuple[int, list[tuple[Hour, int]]]]:
    """Return 24 rows of an hour and its seven days, Monday first, each with its colour: what a phone has room for."""
    return [(hour, [(day[hour], colour_of(day[hour])) for day in week]) for hour in range(24)]


def colour_of(hour: Hour) -> int:
    """Return the strength of an hour's effect, -2 to 2."""
    strength = (abs(hour.effect_pct) >= _WEAK) + (abs(hour.effect_pct) >= _STRONG)
    return strength if hour.effect_pct > 0 else -strength


@dataclass(frozen=True, slots=True)
class FollowersChart:
    """Followers as steps; lengths in SVG units."""

    width: int
    height: int
    left: int
    right: int
    bottom: int
    path: str
    ticks: list[Tick]


def followers_chart(followers: Followers, now: datetime, *, width: int, height: int) -> FollowersChart | None:
    """Return the steps of the counts until now; None for fewer than two counts."""
    counts = followers.counts
    if len(counts) < 2:
        return None
    left, right, top, bottom = 56, width - 8, 10, height - 24
    values = [count for _, count in counts]
    step = _round_step((max(values) - min(values)) / 3 or 1)
    low, high = min(values) // step * step, -(-max(values) // step) * step or step
    high += step * (high == low)
    start, span = counts[0][0], (now - counts[0][0]).total_seconds() or 1.0

    def across(at: datetime) -> float:
        return round(left + (right - left) * (at - start).total_seconds() / span, 1)

    def up(count: int) -> float:
        return round(bottom - (bottom - top) * (count - low) / (high - low), 1)

    path = f"M{left} {up(values[0])}" + "".join(f"H{across(at)}V{up(count)}" for at, count in counts[1:])
    ticks = [Tick(up(count), count) for count in range(low, high + 1, step)]
    return FollowersChart(width, height, left, right, bottom, f"{path}H{right}", ticks)


def _round_step(least: float) -> int:
    """Return the smallest 1, 2 or 5 times a power of ten that is at least so large."""
    power = 10 ** math.floor(math.log10(max(least, 1)))
    return int(next(step * power for step in (*_STEPS, 10) if step * power >= least))


@dataclass(frozen=True, slots=True)
class SizeChart:
    """Likes that are usual for accounts of one size, with the account's own; positions in SVG units."""

    width: int
    low: float
    high: float
    typical: float
    you: float
    ticks: list[Tick]

    @property
    def length(self) -> float:
        """Length of the middle half."""
        return round(self.high - self.low, 1)


def size_chart(benchmark: Benchmark, you: float, *, width: int) -> SizeChart:
    """Lay the usual likes of accounts of one size out on an axis that holds them and the account's own."""
    low, typical, high = benchmark.likes_low, benchmark.likes_typical, benchmark.likes_high
    assert low is not None
    assert typical is not None
    assert high is not None
    scale = LogScale.around([low, typical, high, you], start=16, end=width - 16)
    return SizeChart(
        width=width,
        low=scale.position(low),
        high=scale.position(high),
        typical=scale.position(typical),
        you=scale.position(you),
        ticks=scale.ticks(),
    )
