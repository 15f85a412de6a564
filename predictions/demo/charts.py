"""Geometry of the demo's chart of replayed posts: each range as a bar, with what the post got as a mark."""

from collections.abc import Sequence
from dataclasses import dataclass

from posts.charts import LogScale, Tick
from predictions.demo.replaying import ReplayedPost


@dataclass(frozen=True, slots=True)
class ReplayBar:
    """One post, in SVG units."""

    x: float
    top: float
    height: float
    typical: float
    likes: float
    is_within: bool


@dataclass(frozen=True, slots=True)
class ReplayChart:
    """Posts from the oldest to the newest; lengths in SVG units."""

    width: int
    height: int
    left: int
    right: int
    bar_width: float
    bars: list[ReplayBar]
    ticks: list[Tick]


def replay_chart(replayed: Sequence[ReplayedPost], *, shown: int, width: int, height: int) -> ReplayChart:
    """Return the chart of the last `shown` replayed posts, of which there is at least one."""
    posts = replayed[-shown:]
    left, right = 46, width - 8
    figures = [figure for post in posts for figure in (post.low, post.high, post.likes)]
    scale = LogScale.around(figures, start=height - 12, end=8)
    step = (right - left) / len(posts)
    bars = []
    for i, post in enumerate(posts):
        low, high = scale.position(post.low), scale.position(post.high)
        bars.append(
            ReplayBar(
                x=round(left + step * (i + 0.5), 1),
                top=high,
                height=round(low - high, 1),
                typical=scale.position(post.typical),
                likes=scale.position(post.likes),
                is_within=post.is_within,
            )
        )
    return ReplayChart(width, height, left, right, round(step * 0.6, 1), bars, scale.ticks())
