"""What is forecast of an account without a history, from the number of its followers."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from predictions.engine.estimators.population import Population

followers = st.floats(0, 1e7) | st.integers(99, 101).map(float) | st.just(float("nan"))


@given(st.integers(0, 2**32 - 1), st.lists(st.tuples(followers, st.floats(0, 15)), min_size=25, max_size=60), followers)
@settings(deadline=None)
def test_more_followers_are_never_fewer_likes_nor_more_than_in_proportion(seed, accounts, of_account):
    known, level = np.array(accounts).T
    label = level + np.random.default_rng(seed).normal(0, 1, len(level))
    learned = Population.fit(np.arange(len(level)), label, known)
    assert 0 <= learned.slope <= 1
    assert 0 <= learned.typical(of_account) <= label.max() + np.log1p(1e7)
    assert learned.low < 0 < learned.high
    assert learned.point <= 0


def test_followings_that_hardly_differ_tell_nothing_of_others():
    """One of thirty accounts has a follower more than the others, and more likes."""
    known = np.array([100.0] * 29 + [101.0])
    level = np.append(np.random.default_rng(1).normal(3, 0.5, 29), 3.4)
    learned = Population.fit(np.arange(len(level)), level, known)
    assert abs(learned.typical(100.0) - 3) < 0.5
    assert learned.typical(1e6) < np.log1p(1e6)


def test_what_following_means_is_learned():
    random = np.random.default_rng(3)
    known = np.exp(random.uniform(4, 14, 200))
    level = -1 + 0.7 * np.log1p(known) + random.normal(0, 0.5, 200)
    learned = Population.fit(np.arange(len(level)), level, known)
    assert abs(learned.slope - 0.7) < 0.1
    assert abs(learned.typical(10_000.0) - (-1 + 0.7 * np.log1p(10_000))) < 0.2
