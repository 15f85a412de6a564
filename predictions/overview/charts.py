"""Geometry of a replay's chart: each post's range, what it got, and the average of the five before."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from posts.charts import LogScale, Tick
from predictions.replays.record import ReplayedPost, is_inside, moment_of

# SVG text does not reflow, so phones get a narrower chart of fewer posts: (width, height, posts)
CHART_SIZES = ((840, 300, 50), (320, 240, 20))
_WIDEST_BAR = 12.0


@dataclass(frozen=True, slots=True)
class Bar:
    """A post: its range from `top` over `height`, and its likes at `y`; lengths in SVG units."""

    x: float
    left: float
    top: float
    height: float
    y: float
    is_inside: bool
    post: ReplayedPost
    posted_at: datetime


@dataclass(frozen=True, slots=True)
class ReplayChart:
    """Replayed posts from the oldest to the newest."""

    width: int
    height: int
    left: int
    right: int
    bar_width: float
    bars: list[Bar]
    average: str
    """Points of the line of averages, for <polyline>."""
    ticks: list[Tick]


def replay_charts(posts: Sequence[ReplayedPost]) -> list[ReplayChart]:
    """Return a wide and a narrow chart of the posts (oldest first); none without a post."""
    return [_chart(posts[-shown:], width, height) for width, height, shown in CHART_SIZES] if posts else []


def _chart(posts: Sequence[ReplayedPost], width: int, height: int) -> ReplayChart:
    left, right, top, bottom = 46, width - 8, 8, height - 24
    counts = [count for post in posts for count in (post["low"], post["high"], post["likes"], post["average"])]
    vertical = LogScale.around(counts, start=bottom, end=top)
    step = (right - left) / len(posts)
    bar_width = round(min(_WIDEST_BAR, 0.6 * step), 1)
    bars, average = [], []
    for place, post in enumerate(posts):
        x = round(left + step * (place + 0.5), 1)
        high, low = vertical.position(post["high"]), vertical.position(post["low"])
        average.append(f"{x},{vertical.position(post['average'])}")
        bars.append(
            Bar(
                x=x,
                left=round(x - bar_width / 2, 1),
                top=high,
                height=round(low - high, 1),
                y=vertical.position(post["likes"]),
                is_inside=is_inside(post),
                post=post,
                posted_at=moment_of(post),
            )
        )
    return ReplayChart(width, height, left, right, bar_width, bars, " ".join(average), vertical.ticks())
