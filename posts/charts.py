"""Geometry of the charts that templates draw as SVG. Counts are heavy-tailed: every axis of counts is logarithmic."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import fmean, quantiles

AVERAGED_POSTS = 5
TICK_STEPS = ((1, 2, 3, 5, 7), (1, 2, 5), (1,))
MAX_TICKS = 6


@dataclass(frozen=True, slots=True)
class Tick:
    position: float
    count: int


@dataclass(frozen=True, slots=True)
class LogScale:
    """Maps counts of `low`..`high` (zero or more) to `start`..`end` (SVG units), by log(1 + count)."""

    low: float
    high: float
    start: float
    end: float

    @classmethod
    def around(cls, counts: Sequence[float], *, start: float, end: float, room: float = 0.06) -> "LogScale":
        """Return a scale of at least a doubling that holds all `counts`, with some room at both ends."""
        low, high = math.log1p(min(counts)), math.log1p(max(counts))
        missing = max(0.0, math.log(2) - (high - low)) / 2
        margin = (high - low) * room + missing
        return cls(max(0.0, math.expm1(low - margin)), math.expm1(high + margin), start, end)

    def position(self, count: float) -> float:
        """Return the position of `count`, in SVG units to a tenth."""
        low, high = math.log1p(self.low), math.log1p(self.high)
        return round(self.start + (math.log1p(count) - low) / (high - low) * (self.end - self.start), 1)

    def ticks(self) -> list[Tick]:
        """Return round counts within the scale: as many of each power of ten as leave the axis readable."""
        powers = range(math.floor(math.log10(max(self.high, 1))) + 1)
        counts: list[int] = []
        for steps in TICK_STEPS:
            candidates = [0, *(step * 10**power for power in powers for step in steps)]
            counts = [count for count in candidates if self.low <= count <= self.high]
            if len(counts) <= MAX_TICKS:
                break
        return [Tick(self.position(count), count) for count in counts]


@dataclass(frozen=True, slots=True)
class ChartPost:
    posted_at: datetime
    count: int
    is_young: bool
    """Within its first day: its count is far from final."""


@dataclass(frozen=True, slots=True)
class Dot:
    x: float
    y: float
    post: ChartPost


@dataclass(frozen=True, slots=True)
class CountsChart:
    """A count of posts from the oldest to the newest; lengths in SVG units."""

    width: int
    height: int
    left: int
    right: int
    bottom: int
    dots: list[Dot]
    average: str
    """Points of the line of averages, for <polyline>; empty for fewer than two."""
    band_top: float | None
    """The middle half of the posts; None for fewer than four."""
    band_height: float | None
    ticks: list[Tick]

    @property
    def plot_width(self) -> int:
        return self.right - self.left


def counts_chart(posts: Sequence[ChartPost], *, shown: int, width: int, height: int) -> CountsChart | None:
    """Return the chart of the last `shown` of `posts` (oldest first), each with the mean of the five posts before it.

    Posts before the shown ones only count for the means. Return None without a post.
    """
    if not posts:
        return None
    left, right, top, bottom = 46, width - 8, 8, height - 24
    counts = [post.count for post in posts]
    first = max(0, len(posts) - shown)
    vertical = LogScale.around(counts[first:], start=bottom, end=top)
    step = (right - left) / (len(posts) - first)
    columns = {index: round(left + step * (index - first + 0.5), 1) for index in range(first, len(posts))}
    averages = [
        (x, vertical.position(fmean(counts[max(0, index - AVERAGED_POSTS) : index])))
        for index, x in columns.items()
        if index > 0
    ]
    band_top = band_height = None
    if len(columns) >= 4:
        lower, _, upper = quantiles(counts[first:], n=4, method="inclusive")
        band_top = vertical.position(upper)
        band_height = round(vertical.position(lower) - band_top, 1)
    return CountsChart(
        width=width,
        height=height,
        left=left,
        right=right,
        bottom=bottom,
        dots=[Dot(x, vertical.position(counts[index]), posts[index]) for index, x in columns.items()],
        average=" ".join(f"{x},{y}" for x, y in averages) if len(averages) > 1 else "",
        band_top=band_top,
        band_height=band_height,
        ticks=vertical.ticks(),
    )


AGE_TICKS = ((1, "1 h"), (3, "3 h"), (6, "6 h"), (12, "12 h"), (24, "1 d"), (72, "3 d"), (168, "7 d"), (720, "30 d"))


@dataclass(frozen=True, slots=True)
class BandPoint:
    """The likes that are likely at an age (hours)."""

    age_h: float
    low: float
    typical: float
    high: float


@dataclass(frozen=True, slots=True)
class Band:
    """The likely course of a post's likes; `kind` names its colours: forecast or nowcast."""

    kind: str
    label: str
    points: tuple[BandPoint, ...]


@dataclass(frozen=True, slots=True)
class BandShape:
    """A band as the points of a <polygon> and of the <polyline> of its typical values."""

    kind: str
    label: str
    area: str
    middle: str


@dataclass(frozen=True, slots=True)
class AgeTick:
    position: float
    label: str


@dataclass(frozen=True, slots=True)
class GrowthChart:
    """A post's likes by its age, both on logarithmic axes; lengths in SVG units."""

    width: int
    height: int
    left: int
    right: int
    top: int
    bottom: int
    bands: list[BandShape]
    line: str
    """Points of the line through the counts, for <polyline>."""
    dots: list[tuple[float, float]]
    day: float
    """Position of the end of the first day."""
    ages: list[AgeTick]
    ticks: list[Tick]


def growth_chart(
    counted: Sequence[tuple[float, int]], bands: Sequence[Band], *, width: int, height: int
) -> GrowthChart | None:
    """Return the chart of (age in hours, likes), youngest first, inside its bands; None without anything to draw."""
    points = [point for band in bands for point in band.points]
    if not counted and not points:
        return None
    left, right, top, bottom = 46, width - 8, 8, height - 24
    oldest = max([24.0, *(age for age, _ in counted)])
    vertical = LogScale.around(
        [*(likes for _, likes in counted), *(p.low for p in points), *(p.high for p in points)], start=bottom, end=top
    )

    def across(age_h: float) -> float:
        return round(left + math.log1p(age_h) / math.log1p(oldest) * (right - left), 1)

    def joined(pairs: Sequence[tuple[float, float]]) -> str:
        return " ".join(f"{across(age)},{vertical.position(likes)}" for age, likes in pairs)

    shapes = [
        BandShape(
            band.kind,
            band.label,
            joined([(p.age_h, p.high) for p in band.points] + [(p.age_h, p.low) for p in reversed(band.points)]),
            joined([(p.age_h, p.typical) for p in band.points]),
        )
        for band in bands
    ]
    shown = [(age, label) for age, label in AGE_TICKS if age <= oldest]
    # where there is little room the first ages stand too close
    if width < 480:
        shown = [(age, label) for age, label in shown if age not in (3, 12)]
    return GrowthChart(
        width=width,
        height=height,
        left=left,
        right=right,
        top=top,
        bottom=bottom,
        bands=shapes,
        line=joined(counted) if len(counted) > 1 else "",
        dots=[(across(age), vertical.position(likes)) for age, likes in counted],
        day=across(24),
        ages=[AgeTick(across(age), label) for age, label in shown],
        ticks=vertical.ticks(),
    )
