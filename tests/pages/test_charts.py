"""Charts: whatever the counts, every mark lies inside the picture and in the counts' order."""

from datetime import UTC, datetime
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posts.charts import ChartPost, LogScale, counts_chart
from posts.templatetags.figures import about, brief, count, length_of_video, percent, signed_percent
from predictions.forecasts.charts import range_chart

counts = st.integers(0, 10**10)
likes = st.lists(counts, min_size=1, max_size=80)


@given(likes)
def test_scale_keeps_order_and_stays_inside(values: list[int]) -> None:
    scale = LogScale.around(values, start=10, end=310)
    positions = [scale.position(value) for value in sorted(values)]
    assert all(earlier <= later for earlier, later in pairwise(positions))
    assert positions[0] >= 10
    assert positions[-1] <= 310
    assert all(10 <= tick.position <= 310 for tick in scale.ticks())
    assert len(scale.ticks()) <= 12


@given(likes, st.integers(1, 50))
def test_likes_chart_stays_inside(values: list[int], shown: int) -> None:
    posts = [ChartPost(datetime(2026, 1, 1, tzinfo=UTC), value, is_young=False) for value in values]
    chart = counts_chart(posts, shown=shown, width=840, height=300)
    assert chart is not None
    assert len(chart.dots) == min(shown, len(values))
    assert all(chart.left <= dot.x <= chart.right for dot in chart.dots)
    assert all(0 <= dot.y <= chart.bottom for dot in chart.dots)
    if chart.band_top is not None:
        assert chart.band_height is not None
        assert chart.band_height >= 0
        assert chart.band_top >= 0
        assert chart.band_top + chart.band_height <= chart.bottom + 0.1


def test_the_line_is_the_mean_of_the_five_posts_before() -> None:
    posts = [ChartPost(datetime(2026, 1, 1, tzinfo=UTC), value, False) for value in (9_999, 10, 20, 30, 40, 50, 70)]
    chart = counts_chart(posts, shown=2, width=840, height=300)
    assert chart is not None
    scale = LogScale.around([50, 70], start=chart.bottom, end=8)
    line = [point.split(",")[1] for point in chart.average.split()]
    assert line == [str(scale.position(mean)) for mean in ((9_999 + 10 + 20 + 30 + 40) / 5, 30)]


def test_no_posts_no_chart() -> None:
    assert counts_chart([], shown=40, width=840, height=300) is None


@given(st.lists(st.floats(0, 1e9), min_size=3, max_size=3), st.none() | st.floats(0, 1e9))
def test_range_chart_holds_every_figure(interval: list[float], outcome: float | None) -> None:
    low, typical, high = sorted(interval)
    chart = range_chart(width=480, low=low, high=high, typical=typical, baseline=None, outcome=outcome)
    assert chart.low <= chart.typical <= chart.high
    for position in (chart.low, chart.high, chart.outcome):
        assert position is None or 16 <= position <= 464
    assert (chart.baseline, chart.outcome is None) == (None, outcome is None)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (count(12345), "12,345"),
        (count(None), "–"),
        (about(12345.6), "12,300"),
        (about(0.4), "0"),
        (about(999.6), "1,000"),
        (about(None), "–"),
        (brief(2_000_000), "2M"),
        (brief(1_500), "1.5k"),
        (brief(70), "70"),
        (percent(0.234), "23\N{NO-BREAK SPACE}%"),
        (signed_percent(-4.2), "−4\N{NO-BREAK SPACE}%"),
        (signed_percent(12.4), "+12\N{NO-BREAK SPACE}%"),
        (length_of_video(75), "1:15"),
    ],
)
def test_figures_are_written_for_people(written: str, expected: str) -> None:
    assert written == expected
