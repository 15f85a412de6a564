import math

import numpy as np
import pytest

from predictions.engine import Counts
from predictions.engine.growth import KNOT_HOURS, GrowthCurve, best_observation, fit_growth, label_of
from tests.engine.synthetic import DAY, START, account, post, share_at

HOUR = 3600


def test_the_prior_says_half_by_24_hours_and_nearly_all_in_two_weeks():
    share = dict(zip(KNOT_HOURS, np.exp(GrowthCurve.prior().log_share), strict=True))
    assert share[24.0] == pytest.approx(0.5)
    assert share[336.0] > 0.95


def test_the_curve_is_learned_from_repeated_observations():
    """Posts that grow much faster than the prior has it: 80 % by 24 h."""
    accounts = []
    for i in range(30):
        history = account(f"g{i}", 20, observed=())
        random = np.random.default_rng(i)
        posts = []
        for p in history.posts:
            final = math.exp(random.normal(7, 1))
            ages = {6 * HOUR: 0.5, 24 * HOUR: 0.8, 20 * DAY: 1.0}
            posts.append(
                type(p)(
                    p.post_id, p.posted_at, p.caption, p.duration_s, p.sound, None,
                    tuple(Counts(p.posted_at + a, round(final * s), 0, 0, 0) for a, s in ages.items()),
                )
            )  # fmt: skip
        accounts.append(type(history)(history.account_id, history.followers, tuple(posts)))
    curve = fit_growth(accounts, 2**40)
    assert math.exp(-curve.gain(24 * HOUR, 30 * DAY)) == pytest.approx(0.8, abs=0.05)
    assert math.exp(curve.gain(24 * HOUR, 6 * HOUR)) == pytest.approx(0.5 / 0.8, abs=0.05)
    assert list(curve.log_share) == sorted(curve.log_share)
    assert GrowthCurve.from_json(curve.to_json()) == curve


def test_observations_after_its_moment_do_not_move_the_curve():
    accounts = [account(f"u{i}", 20, observed=(HOUR, DAY, 10 * DAY)) for i in range(5)]
    early = START + 3 * DAY
    cut = [
        type(a)(
            a.account_id, a.followers,
            tuple(type(p)(p.post_id, p.posted_at, p.caption, p.duration_s, p.sound, None,
                          tuple(c for c in p.observations if c.observed_at <= early)) for p in a.posts),
        )
        for a in accounts
    ]  # fmt: skip
    assert fit_growth(accounts, early) == fit_growth(cut, early)
    assert fit_growth(accounts, early) != fit_growth(accounts, 2**40)


def test_labels_are_measured_near_24_hours_and_estimated_elsewhere():
    curve = GrowthCurve.prior()
    for age, measured in (
        (17 * HOUR, False),
        (18 * HOUR, True),
        (30 * HOUR, True),
        (31 * HOUR, False),
        (60 * DAY, False),
    ):
        p = post("p", START, 10_000, observed=(age,))
        label = label_of(START, p.observations[0], curve, "horizon")
        assert label.measured is measured
        assert math.expm1(label.logs[0]) == pytest.approx(10_000 * share_at(DAY), rel=0.03)
    assert curve.sd(DAY) == 0
    assert curve.sd(HOUR) > curve.sd(6 * HOUR) > 0


def test_the_observation_nearest_to_the_horizon_counts_and_of_equals_the_latest():
    p = post("p", START, 100, observed=(HOUR, 20 * HOUR, 9 * DAY))
    assert best_observation(p, START + 10 * DAY, "horizon") == p.observations[1]
    assert best_observation(p, START + 2 * HOUR, "horizon") == p.observations[0]
    assert best_observation(p, START + 10 * DAY, "mature") == p.observations[2]
    assert best_observation(p, START, "horizon") is None
    twice = type(p)(
        p.post_id, START, p.caption, 1.0, "", None, (Counts(START + DAY, 9, 0, 0, 0), Counts(START + DAY, 7, 0, 0, 0))
    )
    assert best_observation(twice, START + 2 * DAY, "mature") is not None


def test_a_zero_stays_a_zero_at_any_age():
    assert label_of(START, Counts(START + HOUR, 0, 0, 0, 0), GrowthCurve.prior(), "horizon").logs == (0, 0, 0, 0)
