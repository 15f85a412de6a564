"""Geometry of forecasts' charts: the ranges on logarithmic axes, and the hours of a week."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from posts.charts import LogScale, Tick
from predictions.models import Outcome, Prediction
from predictions.suggestions.advice import ToldHours

CHART_WIDTHS = (480, 320)
"""SVG text does not reflow: phones get the same picture narrower."""

SURE = 0.9
"""An hour's sign is shown as sure from this chance on."""
_STRONG, _WEAK = 10.0, 3.0
"""Effects (per cent) from which an hour has the stronger and the weaker colour."""


@dataclass(frozen=True, slots=True)
class RangeChart:
    """Positions along the axis, in SVG units of a picture `width` wide; None for a figure that does not exist."""

    width: int
    low: float
    high: float
    typical: float
    baseline: float | None
    outcome: float | None
    ticks: list[Tick]

    @property
    def length(self) -> float:
        """Length of the range."""
        return round(self.high - self.low, 1)


def range_chart(
    *, width: int, low: float, high: float, typical: float, baseline: float | None, outcome: float | None = None
) -> RangeChart:
    """Lay the figures of a forecast (likes) out on an axis that holds all of them."""
    figures = [figure for figure in (low, high, typical, baseline, outcome) if figure is not None]
    scale = LogScale.around(figures, start=16, end=width - 16)
    return RangeChart(
        width=width,
        low=scale.position(low),
        high=scale.position(high),
        typical=scale.position(typical),
        baseline=None if baseline is None else scale.position(baseline),
        outcome=None if outcome is None else scale.position(outcome),
        ticks=scale.ticks(),
    )


@dataclass(frozen=True, slots=True)
class Headline:
    """The forecast of one count, for a page: `likes` or `views`, with its charts by width."""

    metric: str
    typical: float
    low: float
    high: float
    charts: list[RangeChart]


def headlines(prediction: Prediction, outcome: Outcome | None = None) -> list[Headline]:
    """Return the likes and, where they are known, the views, each with a wide and a narrow chart."""
    measured = outcome if outcome and outcome.is_measured else None
    figures = [
        (
            "likes",
            prediction.typical,
            [prediction.low, prediction.high],
            prediction.baseline,
            outcome.likes if outcome else None,
        )
    ]
    if views := prediction.measures.get("views"):
        figures.append(("views", views["typical"], views["interval"], None, measured.views if measured else None))
    return [
        Headline(
            metric, typical, low, high,
            [range_chart(width=width, low=low, high=high, typical=typical, baseline=baseline, outcome=became)
             for width in CHART_WIDTHS],
        )
        for metric, typical, (low, high), baseline, became in figures
    ]  # fmt: skip


def without_baseline(told: Sequence[Headline]) -> list[Headline]:
    """Return the headlines for others than the account's owner, whose own average is no part of the forecast."""
    return [replace(each, charts=[replace(chart, baseline=None) for chart in each.charts]) for each in told]


@dataclass(frozen=True, slots=True)
class HourCell:
    """The effect of one hour of the week, its colour (-2 to 2), and whether its sign is sure."""

    effect_pct: float
    colour: int
    is_sure: bool


@dataclass(frozen=True, slots=True)
class HourTable:
    """A week by hour: 24 rows of an hour and seven cells, Monday first."""

    time_zone: str
    rows: list[tuple[int, list[HourCell]]]


def hour_table(hours: ToldHours) -> HourTable:
    """Lay the hours of a week out with an hour in each row, which is what a phone has room for."""
    effects, chances = hours["effect_pct"], hours["chance"]
    rows = [
        (hour, [_cell(effects[day][hour], chances[day][hour]) for day in range(len(effects))]) for hour in range(24)
    ]
    return HourTable(hours["time_zone"], rows)


def _cell(effect_pct: float, chance: float) -> HourCell:
    strength = (abs(effect_pct) >= _WEAK) + (abs(effect_pct) >= _STRONG)
    is_sure = strength > 0 and (chance if effect_pct > 0 else 1 - chance) >= SURE
    return HourCell(effect_pct, strength if effect_pct > 0 else -strength, is_sure)
