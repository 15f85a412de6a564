"""Geometry of the page's charts: lines over days, each with its table."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

WIDTH, HEIGHT = 640, 200
LEFT, RIGHT, TOP, BOTTOM = 52, WIDTH - 12, 12, HEIGHT - 26


@dataclass(frozen=True, slots=True)
class Series:
    """A line: a value for each day, None where nothing was measured."""

    name: str
    values: Sequence[float | None]


@dataclass(frozen=True, slots=True)
class Line:
    """A series in SVG units: its unbroken parts, and its points, which show days that stand alone."""

    name: str
    parts: list[str]
    points: list[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Tick:
    position: float
    label: str


@dataclass(frozen=True, slots=True)
class Chart:
    """Lines over days on a linear axis from zero, and the same as rows of a table."""

    title: str
    summary: str
    """What the chart shows, for who does not see it."""
    unit: str
    names: list[str]
    lines: list[Line]
    days: list[Tick]
    values: list[Tick]
    rows: list[tuple[date, list[float | None]]]


def chart(title: str, summary: str, unit: str, days: Sequence[date], series: Sequence[Series]) -> Chart:
    """Lay the series out; each has a value (or None) for each of the days, oldest first."""
    top = _round_up(max((value for each in series for value in each.values if value is not None), default=1.0))
    step = (RIGHT - LEFT) / max(1, len(days) - 1)

    def place(index: int, value: float) -> tuple[float, float]:
        return round(LEFT + step * index, 1), round(BOTTOM - (BOTTOM - TOP) * value / top, 1)

    lines = []
    for each in series:
        parts: list[list[str]] = [[]]
        points = []
        for index, value in enumerate(each.values):
            if value is None:
                parts.append([])
                continue
            points.append(place(index, value))
            parts[-1].append("{},{}".format(*points[-1]))
        lines.append(Line(each.name, [" ".join(part) for part in parts if len(part) > 1], points))
    every = max(1, len(days) // 6)
    return Chart(
        title=title,
        summary=summary,
        unit=unit,
        names=[each.name for each in series],
        lines=lines,
        days=[Tick(place(index, 0)[0], f"{day:%d %b}") for index, day in enumerate(days) if index % every == 0],
        values=[Tick(place(0, top * part / 4)[1], f"{top * part / 4:g}") for part in range(5)],
        rows=[(day, [each.values[index] for each in series]) for index, day in reversed(list(enumerate(days)))],
    )


def _round_up(value: float) -> float:
    """Return the next of 1, 2, 4, 8 times a power of ten: quarters of it are round."""
    bound = 0.01
    while value > 8 * bound:
        bound *= 10
    return next(step * bound for step in (1, 2, 4, 8) if value <= step * bound)
