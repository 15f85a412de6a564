"""Drift is found soon, and told of rarely where there is none."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from predictions.engine.data.labels import EARLY
from predictions.engine.evaluation.drift import MIN_RECENT_VALUES, ForecastErrors, judge, moved_features
from predictions.engine.types import DAY, HORIZON, HOUR
from tests.engine.evaluation.drifting import NORMAL_80, alarms, first_days, simulated, watch
from tests.prove import SEED, scaled

MONTH = range(35 * DAY, 65 * DAY, 12 * HOUR)
SHIFT = 40 * DAY + 7 * HOUR


def around(at: int, days: int = 14) -> range:
    """Every second hour from five days before to some days after."""
    return range(at - 5 * DAY, at + days * DAY, 2 * HOUR)


def test_stationary_months_rarely_ring() -> None:
    """Four months, twice a day; `make prove` has many, by the hour."""
    rung = [len(alarms(simulated(seed), MONTH)) for seed in range(4)]
    assert sum(rung) <= 1, rung


@pytest.mark.parametrize(
    "peculiar",
    [{"growth": 4.0}, {"rhythm": 0.2}, {"bias": 0.5}, {"accounts": 300, "shock": 0.12}],
    ids=["a growing base", "weekdays that differ", "accounts that differ", "days that differ"],
)
def test_what_is_no_drift_rarely_rings(peculiar) -> None:
    rung = [len(alarms(simulated(seed, **peculiar), MONTH)) for seed in (1, 2)]
    assert sum(rung) <= 1, rung


@pytest.mark.parametrize(
    ("change", "figures", "days"),
    [
        ({"level": -1.2, "accounts": 100}, {"early_level"}, 1),
        ({"level": 1.2, "accounts": 100}, {"early_level"}, 1),
        # that is told by whole first days only
        ({"spread": 2.0, "accounts": 100}, {"error", "uncovered"}, 2),
    ],
    ids=["the audience goes", "the audience comes", "the audience grows fickle"],
)
def test_a_change_rings_once_and_soon(change, figures, days) -> None:
    misses = simulated(3, at=SHIFT, **change)
    (when, worst), *others = alarms(misses, around(SHIFT))
    assert SHIFT < when <= SHIFT + days * DAY
    assert worst.figure in figures
    assert SHIFT - DAY <= worst.since <= when
    assert others == []


@pytest.mark.parametrize("seed", [3, *(pytest.param(seed, marks=pytest.mark.prove) for seed in (4, 5))])
def test_what_an_hour_tells_is_not_waited_for_a_day(seed) -> None:
    misses = simulated(seed, at=SHIFT, level=-1.2)
    (when, _), *_ = alarms(misses, around(SHIFT))
    (without, worst), *_ = alarms(first_days(misses), around(SHIFT))
    assert when + 12 * HOUR <= without <= SHIFT + 2 * DAY
    assert worst.figure != "early_level"


def test_hours_that_stand_otherwise_than_days_are_no_drift() -> None:
    misses = simulated(1)
    off = replace(misses, miss=misses.miss + 0.8 * (misses.age == EARLY))
    assert alarms(off, MONTH) == alarms(misses, MONTH) == []


def test_a_small_change_is_found_within_a_week_and_sooner_by_more_accounts() -> None:
    delays = [
        alarms(simulated(2, accounts=accounts, at=SHIFT, level=-0.6), around(SHIFT, 7))[0][0] - SHIFT
        for accounts in (40, 400)
    ]
    assert delays[1] < delays[0] <= 7 * DAY


def test_a_change_that_passes_settles_and_the_next_one_rings_again() -> None:
    first, passed, second = 40 * DAY, 46 * DAY, 58 * DAY
    misses = simulated(5, days=70)
    away = ((misses.posted_at >= first) & (misses.posted_at < passed)) | (misses.posted_at >= second)
    miss = misses.miss - 1.3 * away
    misses = replace(misses, miss=miss, covered=np.abs(miss) < NORMAL_80)
    found = watch(misses, range(first - 2 * DAY, second + 2 * DAY, 3 * HOUR))
    rung = [now for now, finding in found if finding.verdict == "alarm"]
    settled = [now for now, finding in found if finding.verdict == "settled"]
    assert len(rung) == 2
    assert first < rung[0] <= first + DAY
    assert second < rung[1] <= second + DAY
    assert len(settled) == 1
    assert passed < settled[0] < second


def test_what_stays_changed_becomes_the_usual() -> None:
    misses = simulated(6, days=100, at=SHIFT, level=-1.3)
    found = watch(misses, range(SHIFT, 100 * DAY, 6 * HOUR))
    verdicts = [finding.verdict for _, finding in found]
    assert verdicts.count("alarm") == 1
    assert verdicts.count("settled") == 1
    assert verdicts[-1] == "steady"


def test_nothing_is_said_of_too_little() -> None:
    misses = simulated(1)
    none = misses[np.zeros(len(misses), np.bool_)]
    assert judge(none, now=0).verdict == "too_few"
    few = misses[misses.account < 3]
    assert judge(few, now=7 * DAY).verdict == "too_few"
    assert judge(misses, now=5 * DAY).verdict == "too_few"
    assert judge(misses, now=20 * DAY).verdict != "too_few"


def test_one_account_counts_once_a_day_however_much_it_posts() -> None:
    misses = simulated(1)
    now = 60 * DAY
    quiet = judge(misses, now=now)
    flood = 20_000
    flooded = ForecastErrors(
        np.append(misses.account, np.zeros(flood, np.int64)),
        np.append(misses.posted_at, np.full(flood, now - 26 * HOUR)),
        np.append(misses.age, np.repeat([HORIZON, EARLY], flood // 2)),
        np.append(misses.miss, np.full(flood, -9.0)),
        np.append(misses.covered, np.zeros(flood, np.bool_)),
    )
    assert quiet.verdict == "steady"
    assert judge(flooded, now=now).verdict == "steady"


def test_forecasts_that_are_always_right_are_no_drift_until_they_are_not() -> None:
    misses = simulated(1)
    right = replace(misses, miss=np.zeros(len(misses)), covered=np.ones(len(misses), np.bool_))
    assert judge(right, now=60 * DAY).verdict == "steady"
    late = right.due_at > 59 * DAY
    assert late.sum() > MIN_RECENT_VALUES
    wrong = replace(right, miss=np.where(late, -5.0, 0.0), covered=~late)
    assert judge(wrong, now=60 * DAY).verdict == "alarm"


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 1000), now_h=st.integers(0, 24 * 65), offset=st.integers(-1000, 10**9))
def test_neither_order_nor_names_nor_the_future_matter(seed, now_h, offset) -> None:
    misses = simulated(seed, accounts=15)
    now = now_h * HOUR
    expected = judge(misses, now=now)
    order = np.random.default_rng(seed).permutation(len(misses))
    shuffled = misses[order]
    future = shuffled.due_at > now
    miss, covered = np.where(future, 99.0, shuffled.miss), shuffled.covered & ~future
    other = replace(shuffled, account=shuffled.account + offset, miss=miss, covered=covered)
    found = judge(other, now=now)
    assert found.verdict == expected.verdict
    for one, two in zip(found.changes, expected.changes, strict=True):
        assert (one.figure, one.since) == (two.figure, two.since)
        assert (one.score, one.recent, one.reference) == pytest.approx((two.score, two.recent, two.reference), abs=1e-6)


def features(seed, accounts=30, posts=40):
    """Accounts that differ much, three features, the last third of each account's posts recent."""
    random = np.random.default_rng(seed)
    account = np.repeat(np.arange(accounts), posts)
    recent = np.tile(np.arange(posts) >= posts * 2 // 3, accounts)
    values = random.normal(0, 1, (len(account), 3)) + random.normal(0, 3, (accounts, 3))[account]
    return account, recent, values.astype(np.float32)


NAMES = ("hour", "duration", "length")


def test_features_that_move_within_accounts_are_named() -> None:
    account, recent, values = features(1)
    assert moved_features(NAMES, account, recent, values) == {}
    values[recent, 1] -= 2.0
    moved = moved_features(NAMES, account, recent, values)
    assert list(moved) == ["duration"]
    assert moved["duration"] == pytest.approx(-2 / values[~recent, 1].std(), rel=0.3)


def test_accounts_that_come_and_go_move_no_feature() -> None:
    account, recent, values = features(2)
    values[account >= 15] += 20.0
    there = np.where(account >= 15, recent, True)
    assert moved_features(NAMES, account[there], recent[there], values[there]) == {}


def test_a_feature_that_becomes_unknown_is_named() -> None:
    account, recent, values = features(3)
    values[recent, 2] = np.nan
    assert moved_features(NAMES, account, recent, values) == {"length unknown": 1.0}


def test_no_feature_is_named_without_accounts_enough() -> None:
    account, recent, values = features(4, accounts=5)
    values[recent] += 9.0
    assert moved_features(NAMES, account, recent, values) == {}
    assert moved_features(NAMES, account[:0], recent[:0], values[:0]) == {}


@pytest.mark.prove
@pytest.mark.parametrize("world", [{}, {"growth": 3.0}, {"accounts": 300}, {"accounts": 300, "shock": 0.12}], ids=str)
def test_false_alarms_in_thirty_days(world, record_property) -> None:
    months = scaled(10)
    hourly = range(35 * DAY, 65 * DAY, HOUR)
    stationary = [simulated(1000 * SEED + run, **world) for run in range(months)]
    rung = [len(alarms(misses, hourly)) for misses in stationary]
    by_days = [len(alarms(first_days(misses), hourly)) for misses in stationary]
    record_property("months", months)
    record_property("false_alarms_per_30_days", round(float(np.mean(rung)), 3))
    record_property("without_the_first_hour", round(float(np.mean(by_days)), 3))
    record_property("months_with_more_than_one", sum(count > 1 for count in rung))
    assert np.mean(rung) <= 1


@pytest.mark.prove
@pytest.mark.parametrize("accounts", [40, 300])
@pytest.mark.parametrize(
    "change", [{"level": -0.25}, {"level": -0.5}, {"level": -1.0}, {"spread": 1.5}, {"spread": 2.0}], ids=str
)
def test_how_soon_a_change_is_found(change, accounts, record_property) -> None:
    runs = scaled(8)
    delays: list[float] = []
    by_days: list[float] = []
    for run in range(runs):
        at = SHIFT + run * 5 * HOUR
        misses = simulated(1000 * SEED + run, accounts=accounts, at=at, **change)
        for told, found in ((misses, delays), (first_days(misses), by_days)):
            rung = alarms(told, range(at + HOUR, at + 7 * DAY, HOUR))
            found.append((rung[0][0] - at) / HOUR if rung else np.inf)
    record_property("median_hours", float(np.median(delays)))
    record_property("median_hours_without_the_first_hour", float(np.median(by_days)))
    record_property("found_within_24_hours", round(float(np.mean(np.array(delays) <= 24)), 3))
    record_property("found_within_a_week", round(float(np.mean(np.isfinite(delays))), 3))
    # what a simulated audience's change amounts to; a wider spread takes more accounts, and whole first days
    if change.get("level") == -1.0:
        assert np.median(delays) <= 24
    if accounts == 300 and change.get("spread") == 2.0:
        assert np.median(delays) <= 48
