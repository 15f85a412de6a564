from datetime import UTC, datetime
from zoneinfo import ZoneInfo, available_timezones

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from predictions.engine.effects.local_time import MIN_POSTS, hours_of, infer_offset, local_seconds, weekdays_of
from predictions.engine.types import DAY, HOUR
from tests.engine.effects.accounts import START


@pytest.mark.parametrize("offset", range(-11, 13))
def test_the_offset_of_a_creator_who_posts_by_day_is_inferred_within_two_hours(offset: int):
    random = np.random.default_rng([3, offset + 11])
    for _ in range(5):
        local = START + np.arange(300) * DAY + random.integers(8 * HOUR, 23 * HOUR, 300)
        apart = (infer_offset(local - offset * HOUR) // HOUR - offset) % 24
        assert min(apart, 24 - apart) <= 2


def test_too_few_posts_tell_no_offset():
    # local 8 to 22, nine hours ahead of UTC
    by_day = START + np.arange(60) * DAY + (np.arange(60) % 15 + 8 - 9) * HOUR
    assert infer_offset(by_day[: MIN_POSTS - 1]) == 0
    assert infer_offset(by_day[:0]) == 0
    assert infer_offset(by_day) != 0


@given(st.lists(st.integers(0, 2**31), max_size=60), st.randoms(use_true_random=False))
def test_the_order_of_posts_and_their_days_tell_nothing_of_the_offset(moments: list[int], shuffled):
    offset = infer_offset(np.array(moments, dtype=np.int64))
    assert offset % HOUR == 0
    assert -11 * HOUR <= offset <= 12 * HOUR
    shuffled.shuffle(moments)
    assert infer_offset(np.array(moments, dtype=np.int64) + 7 * DAY) == offset


def test_a_zone_keeps_its_daylight_saving_and_comes_before_the_offset():
    at = [datetime(2026, month, 1, 12, tzinfo=UTC).timestamp() for month in (1, 7)]
    local = local_seconds(np.array(at, dtype=np.int64), "Europe/Copenhagen", 5 * HOUR)
    assert hours_of(local).tolist() == [13, 14]
    assert hours_of(local_seconds(np.array(at, dtype=np.int64), "", 5 * HOUR)).tolist() == [17, 17]


@given(st.sampled_from(sorted(available_timezones() - {"localtime"})), st.integers(1_500_000_000, 2_000_000_000))
def test_local_hours_and_weekdays_are_those_of_the_calendar(zone: str, moment: int):
    # the offset is that of the UTC hour's begin
    here = datetime.fromtimestamp(moment - moment % HOUR, UTC).astimezone(ZoneInfo(zone))
    local = local_seconds(np.array([moment - moment % HOUR], dtype=np.int64), zone, 0)
    assert weekdays_of(local)[0] == here.weekday()
    assert hours_of(local)[0] == pytest.approx(here.hour + here.minute / 60)


def test_the_hour_before_and_at_the_change_of_clocks():
    """In Copenhagen clocks go from 2:00 to 3:00 at 1:00 UTC."""
    change = int(datetime(2026, 3, 29, 1, tzinfo=UTC).timestamp())
    local = local_seconds(np.array([change - 1, change]), "Europe/Copenhagen", 0)
    assert hours_of(local) == pytest.approx([2 - 1 / HOUR, 3])
