"""Geometry of the track record's charts: forecast against result, and ranges with results over time."""

from collections.abc import Sequence
from dataclasses import dataclass

from posts.charts import LogScale, Tick
from predictions.models import Outcome


@dataclass(frozen=True, slots=True)
class Mark:
    """A result's place in a chart (SVG units). Of an estimate nobody knows whether it lay in the range."""

    x: float
    y: float
    result: Outcome

    @property
    def kind(self) -> str:
        """`inside`, `outside` or `estimated`: each has a shape of its own."""
        if not self.result.is_measured:
            return "estimated"
        return "inside" if self.result.within_interval else "outside"


@dataclass(frozen=True, slots=True)
class ScatterChart:
    """Results by their forecasts; both axes have the same scale, so that a right forecast is on the diagonal."""

    size: int
    left: int
    right: int
    top: int
    bottom: int
    marks: list[Mark]
    across: list[Tick]
    up: list[Tick]


def scatter_chart(results: Sequence[Outcome], *, size: int) -> ScatterChart:
    """Return the chart of at least one result, `size` wide and high: typical forecast across, likes up."""
    left, right, top, bottom = 46, size - 12, 12, size - 46
    counts = [count for each in results for count in (each.prediction.typical, each.likes)]
    across = LogScale.around(counts, start=left, end=right)
    up = LogScale.around(counts, start=bottom, end=top)
    marks = [Mark(across.position(each.prediction.typical), up.position(each.likes), each) for each in results]
    return ScatterChart(size, left, right, top, bottom, marks, across.ticks(), up.ticks())


@dataclass(frozen=True, slots=True)
class Bar:
    """The range that was forecast, and the result."""

    high: float
    """The upper end's position, which is the smaller number."""
    low: float
    mark: Mark

    @property
    def length(self) -> float:
        """Length of the range."""
        return round(self.low - self.high, 1)


@dataclass(frozen=True, slots=True)
class TimeChart:
    """Ranges with their results, from the oldest post to the newest."""

    width: int
    height: int
    left: int
    right: int
    bar_width: float
    bars: list[Bar]
    ticks: list[Tick]


def time_chart(results: Sequence[Outcome], *, shown: int, width: int, height: int) -> TimeChart:
    """Return the chart of the first `shown` of at least one result (newest first)."""
    left, right, top, bottom = 46, width - 8, 8, height - 24
    results = list(reversed(results[:shown]))
    forecasts = [each.prediction for each in results]
    counts = [each.likes for each in results] + [end for each in forecasts for end in (each.low, each.high)]
    scale = LogScale.around(counts, start=bottom, end=top)
    step = (right - left) / len(results)
    bars = [
        Bar(
            scale.position(each.prediction.high),
            scale.position(each.prediction.low),
            Mark(round(left + step * (place + 0.5), 1), scale.position(each.likes), each),
        )
        for place, each in enumerate(results)
    ]
    return TimeChart(width, height, left, right, round(min(step * 0.6, 14), 1), bars, scale.ticks())
