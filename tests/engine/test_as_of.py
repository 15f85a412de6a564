"""Nothing that happens at or after t changes what is computed as of t."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from predictions.engine import AccountHistory, Counts, GlobalModel, PublishedPost, forecast, learn_account
from predictions.engine.features import Features
from predictions.engine.growth import GrowthCurve
from predictions.engine.history import History, Timeline, content_of
from predictions.engine.rows import rows_of_account
from tests.engine.synthetic import CAPTIONS, DAY, START, account, draft, post
from tests.prove import SEED, scaled

MOMENT = START + 12 * DAY + 1234
HISTORY = account("a", 20, observed=(3600, DAY, 3 * DAY))

counts = st.builds(
    Counts,
    st.just(0),
    *[st.one_of(st.just(float("nan")), st.floats(0, 1e9)) for _ in range(4)],
)
changes = st.lists(st.tuples(st.integers(0, 10 * DAY), counts, st.integers(0, len(CAPTIONS) - 1)), max_size=6)


def with_another_future(history: AccountHistory, moment: int, later: list[tuple[int, Counts, int]]) -> AccountHistory:
    """The same until `moment`; from then on other posts, other observations, other captions."""
    posts: list[PublishedPost] = []
    for p in history.posts:
        if p.posted_at <= moment:
            known = tuple(c for c in p.observations if c.observed_at <= moment)
            new = {moment + 1 + d: replace(c, observed_at=moment + 1 + d) for d, c, _ in later}
            posts.append(replace(p, observations=(*known, *(new[at] for at in sorted(new)))))
    posts += [post(f"new{i}", moment + 1 + d, 10.0 ** (i % 7), kind) for i, (d, _, kind) in enumerate(later)]
    return replace(history, posts=tuple(posts))


def features_at(history: AccountHistory, moment: int, known: History | None = None) -> Features:
    timeline = Timeline(history, GrowthCurve.prior(), "horizon", until=moment)
    return Features.of(
        timeline.known_at(moment) if known is None else known, content_of(draft(moment, 1)), moment, history.followers
    )


def same(a: Features, b: Features) -> bool:
    return (
        a.base == b.base
        and np.array_equal(a.tabular, b.tabular, equal_nan=True)
        and np.array_equal(a.sequence, b.sequence)
    )


@given(changes)
@settings(deadline=None, max_examples=40)
def test_features_know_nothing_of_what_comes_later(later):
    changed = with_another_future(HISTORY, MOMENT, later)
    assert same(features_at(HISTORY, MOMENT), features_at(changed, MOMENT))


@pytest.mark.prove
def test_features_know_nothing_of_many_futures(record_property):
    @seed(SEED)
    @given(changes, st.integers(6, 40), st.integers(0, 20 * DAY))
    @settings(deadline=None, max_examples=scaled(5000), database=None)
    def hold(later, posts, since_start):
        history, moment = account("a", posts, observed=(3600, DAY, 3 * DAY)), START + 7 * DAY + since_start
        changed = with_another_future(history, moment, later)
        assert same(features_at(history, moment), features_at(changed, moment))

    hold()
    record_property("futures that moved no feature", scaled(5000))


@given(later=changes)
@settings(deadline=None, max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_forecasts_know_nothing_of_what_comes_later(model: GlobalModel, later):
    def forecast_with(history: AccountHistory):
        state = learn_account(model, history, as_of=MOMENT)
        return replace(forecast(model, state, draft(MOMENT, 1), as_of=MOMENT), warnings=())

    assert forecast_with(HISTORY) == forecast_with(with_another_future(HISTORY, MOMENT, later))


def test_a_label_within_its_first_day_is_not_used():
    """An observation alone does not make a post known: its horizon must have passed."""
    young = post("young", MOMENT - DAY + 60, 1e9, observed=(3600,))
    with_young = replace(HISTORY, posts=(*(p for p in HISTORY.posts if p.posted_at < MOMENT - DAY), young))
    without = replace(with_young, posts=with_young.posts[:-1])
    assert same(features_at(with_young, MOMENT), features_at(without, MOMENT))


def test_a_planted_leak_rings_the_alarm(monkeypatch: pytest.MonkeyPatch):
    """The property above must fail once the history forgets that horizons have to pass."""

    def leaking(self: History, moment: int) -> History:
        return self[~np.isnan(self.likes)]

    monkeypatch.setattr(History, "known_at", leaking)
    young = post("young", MOMENT - 7200, 1e9, observed=(3600,))
    leaky = replace(HISTORY, posts=(*(p for p in HISTORY.posts if p.posted_at < MOMENT - DAY), young))
    assert not same(features_at(leaky, MOMENT), features_at(replace(leaky, posts=leaky.posts[:-1]), MOMENT))


def test_a_timeline_that_looks_ahead_rings_the_alarm():
    """A reconstructed timeline, as training uses it, would fail the property of a forecast."""
    changed = with_another_future(HISTORY, MOMENT, [(DAY, Counts(0, 1e8, 1, 1, 1), 0)])
    plain = [
        Timeline(h, GrowthCurve.prior(), "horizon", until=MOMENT + 20 * DAY, reconstruct=True)
        for h in (HISTORY, changed)
    ]
    for timeline in plain:
        timeline.advance(MOMENT + 20 * DAY)
    known = [t.contents().known_at(MOMENT + DAY) for t in plain]
    assert not same(features_at(HISTORY, MOMENT, known[0]), features_at(HISTORY, MOMENT, known[1]))


def test_training_and_serving_compute_the_same_bits():
    """A row of training is what serving would have computed at the moment of publishing."""
    history = account("b", 60, observed=(3600, 6 * 3600, DAY, 3 * DAY))
    curve = GrowthCurve.prior()
    rows = rows_of_account(0, history, curve, "horizon", 2**40)
    assert len(rows) >= 50
    for i in range(len(rows)):
        p = history.posts[rows.post[i]]
        timeline = Timeline(history, curve, "horizon", until=p.posted_at)
        served = Features.of(timeline.known_at(p.posted_at), content_of(p), p.posted_at, history.followers)
        assert served.base == rows.base[i]
        assert np.array_equal(served.tabular, rows.tabular[i], equal_nan=True)
        assert np.array_equal(served.sequence, rows.sequence[i])


def test_only_the_window_is_looked_at_in_training_as_in_serving():
    history = account("c", 450, step=DAY // 2)
    rows = rows_of_account(0, history, GrowthCurve.prior(), "horizon", 2**40, latest=1)
    state = learn_account(GlobalModel.prior(), history, as_of=history.posts[-1].posted_at)
    p = history.posts[-1]
    served = Features.of(state.history.known_at(p.posted_at), content_of(p), p.posted_at, history.followers)
    assert np.array_equal(served.tabular, rows.tabular[-1], equal_nan=True)
