"""Nowcasts lie between their sources, are narrower than each, and end at the count."""

import math
from dataclasses import replace
from functools import partial
from itertools import pairwise

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from predictions.engine.data.growth import USUAL_SCALE, YOUNGEST, GrowthCurve
from predictions.engine.nowcast import (
    CORRELATION,
    FAN_AGES,
    LogLikes,
    combine,
    forecast_fan,
    from_count,
    from_forecast,
    growth_scale,
    latest_early,
    nowcast,
)
from predictions.engine.types import HORIZON, HOUR, Counts, Range

CURVE = GrowthCurve()
FORECAST = Range(70.0, 160.0, 400.0)
usual_nowcast = partial(nowcast, CURVE, scale=USUAL_SCALE)

sds = st.floats(0.01, 3.0)
ranges = st.lists(st.floats(0, 1e8), min_size=3, max_size=3).map(lambda x: Range(*sorted(x)))
ages = st.integers(YOUNGEST, HORIZON - 1)
likes = st.integers(0, 10**8).map(float)
sources = st.builds(LogLikes, st.floats(0, 15), sds, sds)


def counted(age: float, likes: float, coarseness: float = 0.0) -> Counts:
    return Counts(int(age), likes, math.nan, math.nan, math.nan, coarseness)


@given(sources, sources)
def test_the_combination_lies_between_its_sources_and_is_no_wider_than_either(
    forecast: LogLikes, early: LogLikes
) -> None:
    both = combine(forecast, early)
    low, high = sorted([forecast.typical, early.typical])
    assert low - 1e-9 <= both.typical <= high + 1e-9
    for side in ("down", "up"):
        assert getattr(both, side) <= min(getattr(forecast, side), getattr(early, side)) + 1e-9


def test_independent_looking_sources_are_narrower_together() -> None:
    both = combine(LogLikes(5.0, 0.8, 0.8), LogLikes(6.0, 0.7, 0.7))
    assert both.up < 0.7
    # the minimum of the variance over all weights
    variance = min(
        (1 - w) ** 2 * 0.64 + w**2 * 0.49 + 2 * w * (1 - w) * CORRELATION * 0.56
        for w in (i / 1000 for i in range(1001))
    )
    assert both.up == pytest.approx(math.sqrt(variance), rel=1e-4)


@given(ranges, ages, likes)
def test_nothing_lies_below_what_was_counted(forecast: Range, age: int, count: float) -> None:
    told = usual_nowcast(forecast, 0, [counted(age, count)])
    assert told is not None
    for each in (told.likes, told.early, *(point.likes for point in told.fan)):
        assert count <= each.low <= each.typical <= each.high < math.inf


@given(ranges, ages, likes, likes, st.floats(0.05, 3))
@example(Range(3058, 8768, 22853), 10 * 60, 0, 2, 1)
@example(Range(1000, 8768, 80000), 6 * HOUR, 0, 8, 3)
def test_more_likes_never_make_the_typical_value_less(
    forecast: Range, age: int, fewer: float, more: float, scale: float
) -> None:
    assume(fewer <= more)
    lesser, greater = (nowcast(CURVE, forecast, 0, [counted(age, count)], scale) for count in (fewer, more))
    assert lesser is not None
    assert greater is not None
    assert lesser.likes.typical <= greater.likes.typical * (1 + 2e-3) + 1e-9


@given(likes)
def test_it_ends_at_the_count(count: float) -> None:
    told = usual_nowcast(FORECAST, 0, [counted(HORIZON - 1, count)])
    assert told is not None
    assert told.likes.typical == pytest.approx(count, rel=1e-3, abs=1e-2)
    assert told.likes.high <= count * 1.1 + 1


def test_it_narrows_as_the_post_ages() -> None:
    widths = []
    for age in (HOUR, 6 * HOUR, 12 * HOUR, 23 * HOUR):
        # as many likes as the forecast expects by then
        expected = math.expm1(from_forecast(CURVE, FORECAST, age).typical)
        told = usual_nowcast(FORECAST, 0, [counted(age, round(expected))])
        assert told is not None
        widths.append(told.likes.high / told.likes.low)
    assert widths == sorted(widths, reverse=True)
    assert widths[0] < FORECAST.high / FORECAST.low


def test_a_rounded_count_is_less_sure() -> None:
    exact, rounded = (usual_nowcast(FORECAST, 0, [counted(20 * HOUR, 1200, c)]) for c in (0.0, 0.3))
    assert exact is not None
    assert rounded is not None
    assert rounded.early.high > exact.early.high


def test_each_side_of_an_uneven_interval_keeps_its_own_width() -> None:
    uneven = from_forecast(CURVE, Range(100.0, 160.0, 900.0), HORIZON)
    assert uneven.up > 2 * uneven.down
    early = LogLikes(uneven.typical, 0.5, 0.5)
    assert combine(uneven, early).up > combine(uneven, early).down


def test_the_latest_count_of_the_first_day_is_used() -> None:
    series = [counted(age * HOUR, 10 * age) for age in (6, 1, 24, 30)] + [counted(300, 5), counted(8 * HOUR, math.nan)]
    latest = latest_early(0, series)
    assert latest is not None
    assert latest.observed_at == 6 * HOUR
    assert usual_nowcast(FORECAST, 0, [counted(300, 5), counted(HORIZON, 50)]) is None


def test_the_fan_starts_at_the_count_and_ends_with_the_nowcast() -> None:
    told = usual_nowcast(FORECAST, 0, [counted(6 * HOUR, 300)])
    assert told is not None
    assert [point.age for point in told.fan] == [6 * HOUR, 12 * HOUR, HORIZON]
    assert told.fan[0].likes == Range(300.0, 300.0, 300.0)
    assert told.fan[-1].likes == told.likes
    fan = forecast_fan(CURVE, FORECAST)
    assert [point.age for point in fan] == list(FAN_AGES)
    assert all(a.likes.typical < b.likes.typical for a, b in pairwise(fan))
    for name in ("low", "typical", "high"):
        assert getattr(fan[-1].likes, name) == pytest.approx(getattr(FORECAST, name))


@given(ranges, ages, likes, st.floats(0.05, 3))
def test_no_line_of_a_fan_falls(forecast: Range, age: int, count: float, scale: float) -> None:
    told = nowcast(CURVE, forecast, 0, [counted(age, count)], scale)
    assert told is not None
    assert told.fan[-1].likes == told.likes
    for fan in (told.fan, forecast_fan(CURVE, forecast)):
        for earlier, later in pairwise(fan):
            for name in ("low", "typical", "high"):
                assert getattr(earlier.likes, name) <= getattr(later.likes, name) * (1 + 1e-9)


def test_far_off_means_that_the_intervals_do_not_meet() -> None:
    told = {count: usual_nowcast(FORECAST, 0, [counted(12 * HOUR, count)]) for count in (1.0, 120.0, 1500.0)}
    assert [each and each.far_off for each in told.values()] == [True, False, True]


def course(factor: float, posted_at: int) -> tuple[int, list[Counts]]:
    """A post that grew by the factor more than the curve expects."""
    grown = round(1000 * math.exp(CURVE.gain(HOUR)) * factor)
    return posted_at, [counted(posted_at + HOUR, 1000), counted(posted_at + HORIZON, grown)]


def test_an_account_whose_posts_grow_alike_has_a_small_scale() -> None:
    alike = [course(1.02, i * HORIZON) for i in range(20)]
    unlike = [course(9.0 if i % 2 else 0.12, i * HORIZON) for i in range(20)]
    later = 30 * HORIZON
    assert growth_scale(CURVE, [], HOUR, later) == USUAL_SCALE
    assert growth_scale(CURVE, alike, HOUR, later) < 0.1
    assert growth_scale(CURVE, alike, HOUR, later) < growth_scale(CURVE, alike[:1], HOUR, later) < USUAL_SCALE
    assert growth_scale(CURVE, unlike, HOUR, later) > USUAL_SCALE


def test_an_account_that_showed_nothing_has_the_scale_of_all_accounts() -> None:
    regular, later = replace(CURVE, first_day_scale=0.1), 30 * HORIZON
    assert growth_scale(regular, [], HOUR, later) == 0.1
    own = [course(1.02, 0)]
    assert growth_scale(regular, own, HOUR, later) == growth_scale(CURVE, own, HOUR, later)


def test_the_scale_knows_nothing_of_later_counts_and_of_other_ages() -> None:
    alike = [course(1.02, 0)]
    assert growth_scale(CURVE, alike, HOUR, HORIZON - 1) == USUAL_SCALE
    assert growth_scale(CURVE, alike, 6 * HOUR, 2 * HORIZON) == USUAL_SCALE
    far = replace(alike[0][1][1], observed_at=3 * HORIZON)
    assert growth_scale(CURVE, [(0, [alike[0][1][0], far])], HOUR, 9 * HORIZON) == USUAL_SCALE


def test_a_smaller_scale_makes_the_count_count_more() -> None:
    count = counted(HOUR, 300)
    sure, unsure = (nowcast(CURVE, FORECAST, 0, [count], scale) for scale in (0.1, 2.0))
    assert sure is not None
    assert unsure is not None
    assert FORECAST.typical < unsure.likes.typical < sure.likes.typical
    assert from_count(CURVE, HOUR, count, HORIZON, 0.1).up < from_count(CURVE, HOUR, count, HORIZON, 2.0).up
