"""Geometry of a forecast's chart: its range, marks and outcome on one logarithmic axis."""

from dataclasses import dataclass

from posts.charts import LogScale, Tick


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
