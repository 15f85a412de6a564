"""Examples of post histories: targets from measured counts, inputs from the past alone."""

from dataclasses import replace

import numpy as np

from predictions.engine import AccountHistory, Counts
from predictions.engine.data.growth import GrowthCurve
from predictions.viralscore.examples import MODALITIES
from predictions.viralscore.histories import examples_of_histories
from tests.engine.synthetic import DAY, account, end_of


def test_inputs_know_nothing_of_later_posts_and_counts() -> None:
    history = account("a", posts=12, observed=(DAY, 3 * DAY))
    cut = sorted(history.posts, key=lambda post: post.posted_at)[7].posted_at
    changed = [
        replace(
            post,
            duration_s=3.0 if post.posted_at > cut else post.duration_s,
            observations=tuple(replace(c, likes=c.likes * 9) if c.observed_at > cut else c for c in post.observations),
        )
        for post in history.posts
    ]
    first, other = (
        examples_of_histories([h], GrowthCurve(), "horizon", end_of(history))[0]
        for h in (history, AccountHistory("a", history.followers, tuple(changed)))
    )
    known = first.posted_at <= cut
    assert known.sum() > 3
    for name in MODALITIES:
        np.testing.assert_array_equal(getattr(first.inputs, name)[known], getattr(other.inputs, name)[known])


def test_a_count_near_72_hours_gives_the_second_target() -> None:
    once, twice = account("a", posts=8), account("a", posts=8, observed=(DAY, 3 * DAY))
    late = Counts(observed_at=twice.posts[5].posted_at + 5 * DAY, likes=9.0, comments=0, shares=0, views=99)
    without = replace(twice, posts=(*twice.posts[:5], replace(twice.posts[5], observations=(late,)), *twice.posts[6:]))
    targets = [
        examples_of_histories([h], GrowthCurve(), "horizon", end_of(twice) + 9 * DAY)[0].target
        for h in (once, twice, without)
    ]
    assert np.isnan(targets[0][:, 1]).all()
    assert np.isfinite(targets[1]).all()
    # the same growth stands behind both horizons
    assert np.abs(targets[1][:, 0] - targets[1][:, 1]).max() < 0.3
    assert np.isnan(targets[2][:, 1]).sum() == 1
