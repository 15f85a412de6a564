import math
from dataclasses import replace

import numpy as np
import pytest
from predictions.engine.estimators.account_weights import WEIGHTS, WeightPrior, Weights, replay

from predictions.engine import GlobalModel, forecast, learn_account
from predictions.engine.data.growth import GrowthCurve
from predictions.engine.data.history import WINDOW
from predictions.engine.features.rows import rows_of_account
from predictions.engine.learned_account import _without_old_posts, learn_and_replay
from predictions.engine.types import HOUR
from tests.engine.synthetic import DAY, account, draft, end_of

SIZE = len(WEIGHTS)
PRIOR = WeightPrior(0.03, 0.01, 0.98)


def constant_inputs(n: int) -> np.ndarray:
    return np.hstack([np.ones((n, 1)), np.zeros((n, SIZE - 1))])


def walked(misses: np.ndarray, prior: WeightPrior = PRIOR):
    posted_at = np.arange(len(misses)) * 2 * DAY
    return replay(prior, posted_at, constant_inputs(len(misses)), misses, posted_at + DAY)


def test_no_history_means_no_correction():
    weights = Weights(PRIOR)
    assert not weights.vector().any()
    assert weights.noise() == 1.0


def test_a_short_history_corrects_little_and_a_long_one_much():
    shifts = walked(np.full(300, 0.8)).shift
    assert shifts[0] == 0
    assert shifts[1] < 0.05
    assert np.all(np.diff(shifts) >= -1e-12)
    assert 0.4 < shifts[-1] < 0.8


def test_weights_learn_a_slope_of_the_account():
    random = np.random.default_rng(0)
    rows = np.hstack([np.ones((400, 1)), random.normal(size=(400, SIZE - 1))])
    misses = 0.7 * rows[:, 2] + random.normal(size=400) * 0.5
    posted_at = np.arange(400) * 2 * DAY
    vector = replay(PRIOR, posted_at, rows, misses, posted_at + DAY).weights.vector()
    assert vector[2] > 0.2
    assert np.abs(np.delete(vector, 2)).max() < 0.1


def test_weights_never_learn_from_labels_whose_horizon_has_not_passed():
    misses = np.random.default_rng(1).normal(size=50)
    posted_at = np.arange(50) * (DAY // 4)
    before = replay(PRIOR, posted_at, constant_inputs(50), misses, posted_at + DAY)
    changed = misses.copy()
    changed[20:] = 9.0
    after = replay(PRIOR, posted_at, constant_inputs(50), changed, posted_at + DAY)
    # Post 20's horizon passes with post 24.
    assert np.array_equal(before.shift[:24], after.shift[:24])
    assert np.array_equal(before.noise[:24], after.noise[:24])
    assert before.shift[24] != after.shift[24]


def test_a_pinned_prior_corrects_nothing():
    pinned = walked(np.full(100, 2.0), WeightPrior(0.0, 0.0))
    assert not pinned.shift.any()


def test_one_viral_post_does_not_bend_the_weights():
    misses = np.zeros(60)
    misses[30] = 50.0
    assert abs(walked(misses).shift[-1]) < 0.1


def test_noise_widens_for_an_erratic_account_and_narrows_for_a_steady_one():
    normal = np.random.default_rng(2).normal(size=200)
    assert walked(normal * 2).noise[-1] > 1.2
    assert walked(normal * 0.3).noise[-1] < 0.8
    assert walked(normal).noise[-1] == pytest.approx(1, abs=0.15)


def test_unknown_labels_teach_nothing():
    assert not walked(np.full(20, math.nan)).shift.any()


def test_a_forecast_follows_what_works_for_this_account(model: GlobalModel):
    """An account whose sunsets do a factor of four better gets that for a sunset, and not for another caption."""
    history = account("sunsets", 120, caption_effect=1.4, noise=0.5)
    now = end_of(history)
    state = learn_account(model, history, as_of=now)
    best, other = (forecast(model, state, draft(now, kind), as_of=now).typical for kind in (0, 1))
    assert best > 1.3 * other


def test_weights_are_readable(model: GlobalModel):
    state = learn_account(model, account("w"), as_of=end_of(account("w")))
    assert set(state.weights.summary()) == {*WEIGHTS, "noise", "posts_learned"}
    assert state.weights.summary()["posts_learned"] > 10
    assert learn_account(model, account("w", 0), as_of=0).weights.summary()["posts_learned"] == 0


@pytest.mark.parametrize(("counted_after", "known_after"), [(20, 24), (28, 28), (200, 30)])
def test_a_label_teaches_from_when_it_was_counted(counted_after: int, known_after: int):
    """One from long after stands in for one that would have been measured."""
    posts = account("late", 5, observed=(counted_after * HOUR,))
    rows = rows_of_account(0, posts, GrowthCurve(), "horizon", end_of(posts) + 30 * DAY)
    assert (rows.known_from - rows.posted_at == known_after * HOUR).all()


@pytest.mark.parametrize(("count", "step"), [(30, DAY), (900, DAY), (1_500, DAY // 200), (1_500, DAY // 3)])
def test_posts_too_old_to_be_read_change_nothing(
    model: GlobalModel, monkeypatch: pytest.MonkeyPatch, count: int, step: int
):
    history = account("long", count, observed=(6 * HOUR, DAY), step=step)
    # Every seventh post was never counted.
    gaps = tuple(replace(p, observations=()) if i % 7 == 0 else p for i, p in enumerate(history.posts))
    history, now = replace(history, posts=gaps), end_of(history) + 2 * DAY
    trimmed, errors = learn_and_replay(model, history, as_of=now)
    monkeypatch.setattr("predictions.engine.learned_account._without_old_posts", lambda history, as_of: history)
    whole, at_everything = learn_and_replay(model, history, as_of=now)
    assert trimmed.to_bytes() == whole.to_bytes()
    assert np.array_equal(errors.post_id, at_everything.post_id)
    assert np.array_equal(errors.miss, at_everything.miss)
    assert np.array_equal(errors.features, at_everything.features, equal_nan=True)


def test_only_posts_too_old_to_be_read_are_left_out():
    history = account("long", 2_000)
    kept = _without_old_posts(history, end_of(history))
    assert 2 * WINDOW <= len(kept.posts) < 2 * WINDOW + 5
    assert kept.posts == history.posts[-len(kept.posts) :]
