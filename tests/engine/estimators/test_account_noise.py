import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from predictions.engine.estimators.account_noise import AccountNoise, replay_noise
from tests.engine.synthetic import DAY


def replayed(misses: np.ndarray) -> tuple[np.ndarray, AccountNoise]:
    posted_at = np.arange(len(misses)) * 2 * DAY
    return replay_noise(posted_at, misses, posted_at + DAY)


def test_noise_widens_for_an_erratic_account_and_narrows_for_a_steady_one():
    normal = np.random.default_rng(2).normal(size=200)
    for spread, low, high in ((2.0, 1.2, 2.0), (0.3, 0.5, 0.8), (1.0, 0.85, 1.15)):
        factors, after = replayed(normal * spread)
        assert low < after.factor < high
        assert factors[0] == 1.0
        assert factors[-1] == pytest.approx(after.factor, abs=0.05)


def test_noise_never_learns_from_labels_whose_horizon_has_not_passed():
    misses = np.random.default_rng(1).normal(size=50)
    posted_at = np.arange(50) * (DAY // 4)
    before, _ = replay_noise(posted_at, misses, posted_at + DAY)
    changed = misses.copy()
    changed[20:] = 9.0
    after, _ = replay_noise(posted_at, changed, posted_at + DAY)
    # post 20's horizon passes with post 24
    assert np.array_equal(before[:24], after[:24])
    assert before[24] != after[24]


def test_unknown_labels_teach_nothing():
    factors, after = replayed(np.full(20, math.nan))
    assert (factors == 1.0).all()
    assert after == AccountNoise()


def test_one_viral_post_widens_by_little():
    assert AccountNoise().learned(50.0).factor < 1.1


@given(st.lists(st.floats(-1e6, 1e6), max_size=60))
def test_the_factor_stays_within_bounds(misses: list[float]):
    noise = AccountNoise()
    for miss in misses:
        noise = noise.learned(miss)
        # 0.98 of what was seen is kept: at most 50 posts' worth, each of 0 to 2.5 / 0.8
        assert 30 / 80 <= noise.factor <= (30 + 50 * 2.5 / 0.8) / 80
