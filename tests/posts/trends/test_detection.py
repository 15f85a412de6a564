"""A planted tripling is found within a day, stationary hashtags hardly ever are, and one account makes no trend."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from posts.trends.counting import BUCKET, DAY, EVERYBODY, HOUR, Use, bucket_end, count_uses
from posts.trends.detection import BUCKETS, PER_DAY, find_rising
from tests.posts.trends.simulation import alarms, delay_h
from tests.prove import SEED, scaled

END = bucket_end(1_780_000_000)
HASHTAGS = 10_000


def test_a_tripling_of_twenty_accounts_a_day_is_found_within_a_day():
    assert np.median([delay_h(seed, HASHTAGS) for seed in range(7)]) <= 24


def test_ten_thousand_stationary_hashtags_give_less_than_one_false_alarm_a_week():
    weeks = 4
    assert sum(len(alarms(seed, HASHTAGS, 7 * PER_DAY)) for seed in range(weeks)) <= weeks


@pytest.mark.prove
def test_proof_of_delay_and_false_alarms(record_property: Callable[[str, object], None]) -> None:
    worlds = scaled(100)
    for base in (20, 40):
        delays = [delay_h(SEED * 1_000 + i, HASHTAGS, base=base, at_most_h=72) for i in range(worlds)]
        record_property(f"tripling of {base} accounts a day: median hours to release", float(np.median(delays)))
        record_property(f"tripling of {base}: found within 24 h", float(np.mean([delay <= 24 for delay in delays])))
        record_property(f"tripling of {base}: found within 72 h", float(np.mean(np.isfinite(delays))))
        # half of them and more, but for the chance of a few worlds
        assert np.mean([delay <= 24 for delay in delays]) >= 0.5 - 1.3 / np.sqrt(worlds)
    false = [len(alarms(SEED * 1_000 + i, HASHTAGS, 7 * PER_DAY)) for i in range(worlds)]
    record_property(f"false alarms a week among {HASHTAGS:,} hashtags", float(np.mean(false)))
    assert np.mean(false) <= 1 + 2.6 / np.sqrt(worlds)


def steady(rate: float) -> np.ndarray:
    return np.full((1, BUCKETS), rate / PER_DAY)


def rises(counts: np.ndarray, active: np.ndarray | None = None) -> list[float]:
    exposure = np.full(BUCKETS, 200.0) if active is None else active
    return [rise.growth for rise in find_rising(counts, exposure, noise_variance=1.84)]


def test_growth_is_told_with_an_interval_around_it():
    counts = steady(40)
    counts[:, -PER_DAY:] *= 4
    [rise] = find_rising(counts, np.full(BUCKETS, 200.0), noise_variance=1.84)
    assert rise.growth == pytest.approx(4)
    assert 1.5 <= rise.low < 4 < rise.high
    assert rise.recent == 160


def test_evenings_and_new_users_of_the_service_are_no_trends():
    assert rises(np.tile([0.0, 0.0, 20.0, 180.0], BUCKETS // PER_DAY)[None]) == []
    counts, active = steady(40), np.full(BUCKETS, 200.0)
    counts[:, -PER_DAY:] *= 4
    assert rises(counts, active)
    active[-PER_DAY:] *= 4
    assert rises(counts, active) == []


def test_a_short_past_and_few_accounts_give_nothing():
    counts, active = steady(40), np.full(BUCKETS, 200.0)
    counts[:, -PER_DAY:] *= 4
    active[: -15 * PER_DAY] = 0
    assert rises(counts, active) == []
    assert rises(counts, np.full(BUCKETS, 4.0)) == []
    assert rises(np.empty((0, BUCKETS))) == []


def test_a_hashtag_without_a_past_can_rise():
    counts = np.zeros((1, BUCKETS))
    counts[:, -PER_DAY:] = 15
    assert rises(counts) == [60.0]


def test_one_account_makes_no_trend_however_much_it_publishes():
    flood = [
        Use(account=1, known_at=END - DAY + minute * 60, hashtags=("mine",), language="en")
        for minute in range(1, 1_000)
    ]
    assert set(count_uses(flood, END, threshold=2)) == {EVERYBODY}
    counted = count_uses(flood, END, threshold=1)["mine"]
    assert (counted.buckets.sum(), counted.latest) == (1, {1: "en"})


USES = st.lists(
    st.builds(
        Use,
        account=st.integers(1, 3),
        known_at=st.integers(0, (BUCKETS + 8) * BUCKET // HOUR).map(lambda h: END + (4 * BUCKET) - h * HOUR),
        hashtags=st.sampled_from([(), ("a",), ("a", "b"), ("a", "a")]),
        language=st.sampled_from(["", "en"]),
    ),
    max_size=60,
).map(lambda uses: sorted(uses, key=lambda use: use.known_at))


@given(USES)
def test_no_account_counts_twice_in_any_24_hours(uses):
    for tag, counted in count_uses([use for use in uses if use.account == 1], END, threshold=1).items():
        days = np.lib.stride_tricks.sliding_window_view(counted.buckets, PER_DAY).sum(axis=1)
        assert days.max() <= 1, tag


@given(USES, USES)
def test_what_became_known_later_changes_nothing(uses, others):
    known = [use for use in uses if use.known_at <= END]
    later = [replace(use, known_at=END + 1 + abs(use.known_at - END)) for use in others]
    both = sorted([*known, *later], key=lambda use: use.known_at)
    counted, again = (count_uses(each, END, threshold=1) for each in (known, both))
    assert {tag: (c.buckets.tolist(), c.latest) for tag, c in counted.items()} == {
        tag: (c.buckets.tolist(), c.latest) for tag, c in again.items()
    }
