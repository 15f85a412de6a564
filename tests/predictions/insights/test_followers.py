"""Growth of followers, from counts that are kept as they change."""

from datetime import UTC, datetime, timedelta

from predictions.insights.charts import followers_chart
from predictions.insights.followers import followers_of

NOW = datetime(2026, 11, 28, 15, 30, tzinfo=UTC)
DAY = timedelta(days=1)


def test_a_month_is_compared_with_the_count_that_held_when_it_began() -> None:
    told = followers_of([(NOW - 200 * DAY, 100), (NOW - 40 * DAY, 150), (NOW - DAY, None), (NOW - DAY / 2, 180)], NOW)
    assert told is not None
    assert (told.now, told.change) == (180, 30)
    assert told.since == datetime(2026, 10, 29, tzinfo=UTC)
    # what held when the shown days began stands for all that came before
    assert [count.followers for count in told.counts] == [100, 150, 180]


def test_a_day_has_its_last_count_and_an_answer_stays_until_midnight() -> None:
    counts = [(NOW - 3 * DAY, 10), (NOW - 3 * DAY + timedelta(hours=1), 12), (NOW - DAY, 15)]
    told = followers_of(counts, NOW)
    assert told is not None
    assert [count.followers for count in told.counts] == [12, 15]
    assert (told.since, told.change) == (NOW - 3 * DAY, 5)
    assert followers_of(counts, NOW + timedelta(hours=2)) == told


def test_one_count_has_no_change_and_no_curve() -> None:
    told = followers_of([(NOW - 3 * DAY, 10)], NOW)
    assert told is not None
    assert told.change is None
    assert followers_chart(told, NOW, width=320, height=200) is None
    assert followers_of([(NOW, None)], NOW) is None


def test_the_curve_steps_up_inside_its_chart() -> None:
    told = followers_of([(NOW - 20 * DAY, 4_800), (NOW - 10 * DAY, 5_210)], NOW)
    assert told is not None
    chart = followers_chart(told, NOW, width=320, height=200)
    assert chart is not None
    assert chart.path.count("H") == 2
    assert [tick.count for tick in chart.ticks] == [4_800, 5_000, 5_200, 5_400]
    assert all(0 <= tick.position <= chart.bottom for tick in chart.ticks)
