"""Champion against challenger: a better one wins, and every kind of bad one is refused."""

import dataclasses
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from predictions.engine import AccountHistory, GlobalModel, PublishedPost
from predictions.engine.evaluation.promotion import (
    HARM,
    MIN_ACCOUNTS,
    AlreadyLearned,
    Decision,
    Errors,
    Pair,
    compare,
    decide,
)
from predictions.engine.global_model import LogForecast
from tests.engine.leakage.alarm import followers_grew
from tests.engine.synthetic import DAY, START, population

SINCE = START + 10 * DAY
UNTIL = START + 18 * DAY


class Distorted(GlobalModel):
    """A model whose raw forecasts are changed by `distort` before they are used."""

    distort: Any

    def predict(self, base: Any, tabular: Any, topic: Any) -> LogForecast:
        raw: LogForecast = type(self).distort(GlobalModel.predict(self, base, tabular, topic), base)
        return raw


def planted(model: GlobalModel, distort: Any) -> GlobalModel:
    kind = type("Planted", (Distorted,), {"distort": staticmethod(distort)})
    made: GlobalModel = kind(*(getattr(model, f.name) for f in dataclasses.fields(GlobalModel)))
    return made


def moved(raw: LogForecast, by: Any) -> LogForecast:
    return LogForecast(raw.typical + by, raw.point + by, raw.low + by, raw.high + by)


@pytest.fixture(scope="module")
def accounts() -> list[AccountHistory]:
    return population(24, 16)


@pytest.fixture(scope="module")
def good() -> GlobalModel:
    """The prior, as if it had been learned from what was known when the slice began."""
    prior = GlobalModel.prior()
    return dataclasses.replace(prior, manifest=prior.manifest | {"until": SINCE})


@pytest.fixture(scope="module")
def poor(good: GlobalModel) -> GlobalModel:
    """A champion that can be beaten: the same model with chance added, and an interval as wide as that asks for."""

    def worse(raw: LogForecast, base: Any) -> LogForecast:
        noisy = moved(raw, np.random.default_rng(5).normal(0, 1.0, len(base)))
        return LogForecast(noisy.typical, noisy.point, noisy.low - 0.5, noisy.high + 0.5)

    return planted(good, worse)


def decided(champion: GlobalModel, challenger: GlobalModel, accounts: list[AccountHistory]) -> Decision:
    return decide(list(compare(champion, challenger, accounts, since=SINCE, until=UNTIL)))


def test_a_better_challenger_wins(poor, good, accounts):
    decision = decided(poor, good, accounts)
    assert decision.promote, decision.reason
    assert decision.figures["all"]["log_mae"]["upper"] < 0
    assert {"small account", "large account", "short history"} <= set(decision.figures["cohorts"])
    assert "harming none" in decision.reason
    # the account's own moving average, beside them
    assert decision.figures["baseline_log_mae"] > decision.figures["all"]["log_mae"]["challenger"]


def test_a_model_does_not_beat_itself(good, accounts):
    decision = decided(good, good, accounts)
    assert not decision.promote
    assert decision.figures["all"]["log_mae"]["difference"] == 0
    assert "Not better beyond chance" in decision.reason


def noise(raw: LogForecast, base: Any) -> LogForecast:
    return moved(raw, np.random.default_rng(7).normal(0, 1.0, len(base)))


def bias(raw: LogForecast, base: Any) -> LogForecast:
    return moved(raw, 0.7)


SMALL = np.log(500)


def harm_to_small_accounts(raw: LogForecast, base: Any) -> LogForecast:
    return moved(raw, np.where(base < SMALL, 1.0, 0.0))


def harm_to_large_accounts(raw: LogForecast, base: Any) -> LogForecast:
    return moved(raw, np.where(base < SMALL, 0.0, 3.0))


def narrow(raw: LogForecast, base: Any) -> LogForecast:
    return LogForecast(raw.typical, raw.point, *((raw.typical + (x - raw.typical) * 0.1) for x in (raw.low, raw.high)))


def wide(raw: LogForecast, base: Any) -> LogForecast:
    return LogForecast(raw.typical, raw.point, raw.low - 3, raw.high + 3)


@pytest.mark.parametrize("distort", [noise, bias])
def test_a_planted_bad_challenger_is_refused(distort, good, accounts):
    decision = decided(good, planted(good, distort), accounts)
    assert not decision.promote
    assert "Not better" in decision.reason
    assert "Harms a cohort (all accounts)" in decision.reason


def test_harm_to_one_cohort_is_not_bought_by_a_gain_elsewhere(good, accounts):
    decision = decided(planted(good, harm_to_large_accounts), planted(good, harm_to_small_accounts), accounts)
    assert decision.figures["all"]["log_mae"]["upper"] < 0
    assert not decision.promote
    assert "Harms a cohort (small account)" in decision.reason


@pytest.mark.parametrize("distort", [narrow, wide])
def test_better_forecasts_do_not_make_up_for_an_interval_that_breaks_its_promise(distort, poor, good, accounts):
    decision = decided(poor, planted(good, distort), accounts)
    assert decision.figures["all"]["log_mae"]["upper"] < 0
    assert not decision.promote
    assert decision.reason.startswith("Its 80 % interval covers")


def covering(accounts: int, champion: int, challenger: int, cohort: str) -> list[Pair]:
    """Pairs of ten posts each, of which the models' intervals hold so many; the challenger's errors are smaller."""
    return [Pair(10, Errors(1.0, 1.0, champion), Errors(0.9, 0.9, challenger), frozenset({cohort}), 1.5)] * accounts


@pytest.mark.parametrize("covered", [0, 5])
def test_an_interval_that_fails_one_cohort_is_not_bought_by_those_of_the_others(covered):
    decision = decide(covering(94, 8, 8, "large account") + covering(6, 8, covered, "small account"))
    assert decision.figures["coverage"]["challenger"] > 0.75
    assert not decision.promote
    assert decision.reason == (
        f"Harms a cohort (small account): coverage of the 80 % interval from 80.0% to {covered / 10:.1%}."
    )


def test_a_cohorts_interval_may_be_as_far_off_as_the_champions():
    decision = decide(covering(94, 8, 8, "large account") + covering(6, 5, 5, "small account"))
    assert decision.promote, decision.reason


@pytest.mark.parametrize(("accounts", "promoted"), [(4, True), (5, False)])
def test_a_handful_of_accounts_is_no_cohort(accounts, promoted):
    decision = decide(covering(94, 8, 8, "large account") + covering(accounts, 8, 0, "small account"))
    assert decision.promote is promoted


def test_equal_intervals_are_seldom_refused_by_chance():
    """Both hold for 80 % of posts, for half of them the same ones; of six cohorts one soon lies off."""
    random = np.random.default_rng(0)

    def pair() -> Pair:
        both, *own = random.binomial(3, 0.8, size=3)
        cohorts = frozenset(kind + str(random.integers(2)) for kind in ("size", "length", "language"))
        return Pair(6, Errors(1.0, 1.0, both + own[0]), Errors(0.5, 0.5, both + own[1]), cohorts, 1.5)

    refused = sum(not decide([pair() for _ in range(40)]).promote for _ in range(100))
    assert refused <= 10


def test_a_challenger_that_learned_from_the_slice_is_not_even_compared(poor, good, accounts):
    leaked = dataclasses.replace(good, manifest=good.manifest | {"until": SINCE + 1})
    with pytest.raises(AlreadyLearned, match="challenger"):
        decided(poor, leaked, accounts)
    with pytest.raises(AlreadyLearned, match="champion"):
        decided(leaked, poor, accounts)


def none_for_large_accounts(raw: LogForecast, base: Any) -> LogForecast:
    return moved(raw, np.where(base > np.log(5_000), np.nan, 0.0))


def test_a_challenger_that_gives_no_number_for_some_accounts_is_refused(poor, good, accounts):
    """It is better on all others, where the means look."""
    decision = decided(poor, planted(good, none_for_large_accounts), accounts)
    assert not decision.promote
    assert "no number for posts of" in decision.reason


@pytest.mark.parametrize("none", [{"log_mae": np.nan}, {"mape": np.nan}, {"log_mae": np.inf}])
def test_one_account_without_a_number_is_one_too_many(none):
    better = pairs_of([1.0] * 40, [0.8] * 40)
    assert decide(better).promote
    silent = dataclasses.replace(better[0], challenger=dataclasses.replace(better[0].challenger, **none))
    decision = decide([silent, *better[1:]])
    assert not decision.promote
    assert "posts of 1 of 40 accounts" in decision.reason


def test_what_is_observed_after_the_slice_changes_no_forecast_in_it(poor, good, accounts):
    """What is compared is the same whether or not anything happened after `until`."""
    known = [
        dataclasses.replace(
            account,
            posts=tuple(
                dataclasses.replace(p, observations=tuple(c for c in p.observations if c.observed_at <= UNTIL))
                for p in account.posts
                if p.posted_at <= UNTIL
            ),
        )
        for account in population(6, 30)
    ]
    later = [followers_grew(account, UNTIL) for account in population(6, 30)]
    pairs = [list(compare(poor, good, some, since=SINCE, until=UNTIL)) for some in (known, later)]
    assert pairs[0] == pairs[1]
    assert pairs[0]


def a_week_later(post: PublishedPost) -> PublishedPost:
    seen = tuple(dataclasses.replace(c, observed_at=c.observed_at + 7 * DAY) for c in post.observations)
    return dataclasses.replace(post, observations=seen)


def test_posts_that_were_not_measured_near_24_hours_are_not_judged_by(good):
    measured = population(3, 16)
    unmeasured = [dataclasses.replace(a, posts=tuple(map(a_week_later, a.posts))) for a in measured]
    until = UNTIL + 30 * DAY
    assert list(compare(good, good, measured, since=SINCE, until=until))
    assert not list(compare(good, good, unmeasured, since=SINCE, until=until))


def pairs_of(champion: Any, challenger: Any, cohorts: frozenset[str] = frozenset()) -> list[Pair]:
    return [Pair(10, Errors(a, a, 8), Errors(b, b, 8), cohorts, 1.5) for a, b in zip(champion, challenger, strict=True)]


def test_few_accounts_decide_nothing():
    few = pairs_of([1.0] * (MIN_ACCOUNTS - 1), [0.1] * (MIN_ACCOUNTS - 1))
    assert not decide(few).promote
    assert "needed to tell" in decide(few).reason
    assert decide([]).figures["accounts"] == 0


def test_one_account_in_two_proves_nothing():
    """A mean that one account makes is within chance."""
    challenger = [1.0] * 39 + [0.2]
    assert not decide(pairs_of([1.0] * 40, challenger)).promote


def test_accounts_without_a_like_have_no_mape():
    nothing = [Pair(3, Errors(0.1, float("nan"), 3), Errors(0.05, float("nan"), 3), frozenset({"x"}), 1.5)] * 40
    decision = decide(nothing)
    assert decision.figures["all"]["mape"] == {}
    assert decision.figures["all"]["log_mae"]["upper"] < 0


errors = st.lists(st.tuples(st.floats(0.05, 3), st.floats(0.05, 3)), min_size=MIN_ACCOUNTS, max_size=60)


@given(errors)
def test_of_two_models_at_most_one_beats_the_other(both):
    ours, theirs = zip(*both, strict=True)
    assert not (decide(pairs_of(ours, theirs)).promote and decide(pairs_of(theirs, ours)).promote)


@given(errors)
def test_whoever_wins_is_better_on_average_and_harms_nobody(both):
    ours, theirs = zip(*both, strict=True)
    decision = decide(pairs_of(ours, theirs, frozenset({"a cohort"})))
    if decision.promote:
        assert np.mean(theirs) < np.mean(ours)
        cohort = decision.figures["cohorts"]["a cohort"]["log_mae"]
        assert cohort["challenger"] <= cohort["champion"] * (1 + HARM)
