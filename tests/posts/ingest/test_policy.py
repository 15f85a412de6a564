"""Where calls are scarce the most urgent come first, and every account has its turn."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from limits import RateLimitItemPerMinute

from accounts.tiktok.errors import TikTokRateLimited
from posts.ingest.policy import (
    CALLS_OF_ONE,
    URGENCY,
    Due,
    hours_until_look,
    in_turn,
    posting_rates,
    rates_of,
    tolerance,
)
from posts.ingest.selectors import WINDOWS
from posts.platforms.base import Urgency
from posts.platforms.tiktok import limits
from posts.platforms.tiktok.client import QUERY_SIZE
from posts.platforms.tiktok.limits import calls_per_minute
from tests.posts.ingest.schedule_simulation import Creators, Outcome, simulate
from tests.prove import scaled

NOW = 1_000_000.0
DUE = st.builds(
    Due, st.integers(1, 40), st.sampled_from(sorted(WINDOWS)), st.floats(0, 12 * 3600).map(lambda ago: NOW - ago)
)


# --- observations ---------------------------------------------------------------------------------------------------


@given(st.lists(DUE, max_size=300), st.integers(0, 60))
def test_nobody_is_passed_over_for_something_less_urgent(due, calls):
    chosen = in_turn(due, now=NOW, calls=calls, batch_size=2)
    urgencies = [min(URGENCY[item.age_h] for item in due if item.account_id == account) for account in chosen]
    assert urgencies == sorted(urgencies)
    left = {item.account_id for item in due} - set(chosen)
    for item in due:
        if item.account_id in left and URGENCY[item.age_h] == Urgency.DAY:
            assert Urgency.DAY in urgencies or not chosen
            assert all(urgency == Urgency.DAY for urgency in urgencies)
    sizes = {a: min(-(-sum(item.account_id == a for item in due) // 2), CALLS_OF_ONE) for a in chosen}
    assert sum(sizes.values()) <= calls


def test_whoever_has_many_posts_does_not_take_the_others_turn():
    many = [Due(1, 24, NOW - 60)] * (100 * QUERY_SIZE)
    others = [Due(account, 24, NOW) for account in range(2, 50)]
    assert len(in_turn(many + others, now=NOW, calls=CALLS_OF_ONE + 48, batch_size=QUERY_SIZE)) == 49


def test_where_all_cannot_be_on_time_some_are():
    late, fresh = Due(1, 6, NOW - 3600), Due(2, 6, NOW - 600)
    assert in_turn([late, fresh], now=NOW, calls=1, batch_size=20) == [2]
    # but nothing less urgent comes before what is late
    assert in_turn([Due(1, 24, NOW - 7200), fresh], now=NOW, calls=1, batch_size=20) == [1]


# --- looks ----------------------------------------------------------------------------------------------------------


def test_an_account_is_looked_at_when_it_is_used_to_publish():
    evenings = [datetime(2026, 11, day, 19, 30, tzinfo=UTC) for day in range(1, 28)]
    rates = posting_rates({7: evenings}, [7, 8])
    waits = [
        hours_until_look(rates, hour=hour, tolerated=0.1, shortest_h=1, longest_h=24) for hour in (20.5, 8.0, 19.0)
    ]
    assert waits[0][0] > waits[2][0]
    # nothing is known of the other one: a day at the longest
    assert [wait[1] for wait in waits] == [24.0] * 3
    # from the morning on, its next posts are expected in the evening
    assert 9 < waits[1][0] < 12.5


@given(
    st.lists(st.integers(0, 60), min_size=24, max_size=24),
    st.floats(0, 24, exclude_max=True),
    st.floats(1e-6, 10),
)
def test_at_the_next_look_as_many_posts_are_expected_as_tolerated(counts, hour, tolerated):
    rates = rates_of(np.array([counts], float))
    [wait] = hours_until_look(rates, hour=hour, tolerated=tolerated, shortest_h=0, longest_h=24)
    minutes = np.arange(0, wait, 1 / 600)
    expected = rates[0, ((hour + minutes) % 24).astype(int)].sum() / 600
    if wait < 24:
        assert expected == pytest.approx(tolerated, abs=rates.max() / 100)
    else:
        assert expected <= tolerated + rates.max() / 100


def test_few_accounts_are_looked_at_every_hour():
    rates = rates_of(np.full((50, 24), 1.0))
    tolerated = tolerance(float(rates.mean(axis=1).sum() / 60), calls_per_minute(Urgency.LOOK))
    assert (hours_until_look(rates, hour=3.7, tolerated=tolerated, shortest_h=1, longest_h=24) == 1).all()


# --- the reserve ----------------------------------------------------------------------------------------------------


def test_the_last_calls_of_a_minute_are_for_the_most_urgent(monkeypatch):
    monkeypatch.setattr(limits, "LONGEST_WAIT_S", 0)
    limit = RateLimitItemPerMinute(40)
    taken = {}
    for urgency in reversed(Urgency):
        taken[urgency] = 0
        with suppress(TikTokRateLimited):
            while taken[urgency] <= limit.amount:
                limits.wait_for_turn("reserve", limit=limit, urgency=urgency)
                taken[urgency] += 1
    assert [taken[urgency] for urgency in Urgency] == [2, 2, 2, 4, 30]


# --- all together ---------------------------------------------------------------------------------------------------


def assert_in_order(outcome: Outcome) -> None:
    """Assert that the 24 h counts are the last to suffer."""
    assert all(outcome.observed[24] >= outcome.observed[age_h] for age_h in WINDOWS)
    assert outcome.never_at_24_h < 0.001


def test_a_small_schedule_is_on_time():
    # 500 accounts within their share of the limits of 100,000
    outcome = simulate(Creators(500), capacity=0.005, hours=72)
    assert_in_order(outcome)
    assert min(outcome.on_time[age_h] for age_h in (24, 72, 168)) > 0.98


def test_with_a_fifth_of_the_calls_the_24_h_counts_remain():
    outcome = simulate(Creators(1_500), capacity=0.003, hours=72)
    assert_in_order(outcome)
    assert outcome.observed[24] > 0.99
    assert outcome.observed[72] < 0.98


SCENARIOS: dict[str, dict[str, Any]] = {
    "as it is": {},
    "any hour alike": {"by_habit": False},
    "a third of the calls": {"capacity": 1 / 3},
    "a fifth of the calls": {"capacity": 1 / 5},
    "3 h without TikTok": {"outage": (42.0, 45.0)},
}


@pytest.mark.prove
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_a_hundred_thousand_accounts(scenario, record_property):
    accounts = scaled(100_000)
    options: dict[str, Any] = {"capacity": 1.0, **SCENARIOS[scenario]}
    options["capacity"] *= accounts / 100_000
    outcome = simulate(Creators(accounts), hours=timedelta(days=3) / timedelta(hours=1), **options)
    for name in ("on_time", "observed"):
        record_property(name, " ".join(f"{age_h}h {share:.1%}" for age_h, share in getattr(outcome, name).items()))
    quarters = outcome.on_time_quarters[1]
    record_property("on time at 1 h, least and most active quarter", f"{quarters[0]:.1%} {quarters[1]:.1%}")
    record_property("calls and looks a minute", f"{outcome.calls_per_minute:.0f} {outcome.looks_per_minute:.0f}")
    assert_in_order(outcome)
    assert outcome.observed[24] > 0.999
