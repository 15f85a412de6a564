"""Weighted and conformal quantiles."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from predictions.engine.effects.account_effects import Contrasts
from predictions.engine.statistics import conformal_quantile, quantiles, weighted_quantile


def test_a_weighted_median_is_the_scale_with_the_least_relative_error():
    random = np.random.default_rng(3)
    before = random.uniform(1, 50, 300)
    likes = np.floor(before * random.lognormal(-0.5, 1.0, 300)) + 1
    ratio = likes / before
    best = weighted_quantile(ratio, 1 / ratio, 0.5)
    errors = [np.mean(np.abs(c * before - likes) / likes) for c in (best, *np.linspace(0.01, 2, 400))]
    assert errors[0] <= min(errors) + 1e-9


def test_weights_count_as_copies():
    values, copies = np.array([5.0, 1.0, 3.0]), np.array([1.0, 2.0, 3.0])
    repeated = np.repeat(values, copies.astype(int))
    for level in (0.1, 0.5, 0.8, 1.0):
        expected = np.quantile(repeated, level, method="inverted_cdf")
        assert weighted_quantile(values, copies, level) == expected


def test_a_conformal_quantile_covers_new_scores():
    random = np.random.default_rng(1)
    scores = random.exponential(size=(2_000, 20))
    limits = [conformal_quantile(row, 0.8) for row in scores[:, :19]]
    assert np.mean(scores[:, 19] <= limits) == pytest.approx(0.8, abs=0.03)
    assert conformal_quantile(scores[0, :3], 0.9) == scores[0, :3].max()


@given(st.lists(st.floats(-1e9, 1e9), min_size=1, max_size=40), st.lists(st.floats(0, 1), min_size=1, max_size=4))
def test_quantiles_are_numpys_to_the_bit(values, levels):
    assert quantiles(np.array(values), levels) == np.quantile(values, levels).tolist()


def test_quantiles_of_mixtures_at_once_are_those_of_each_level():
    random = np.random.default_rng(3)
    contrasts = Contrasts(np.array([0.2, 0.5, 0.3]), random.normal(size=(6, 3)), np.abs(random.normal(size=(6, 3))))
    levels = (0.1, 0.5, 0.9)
    together = contrasts.quantiles(levels)
    for level, row in zip(levels, together, strict=True):
        np.testing.assert_array_equal(row, contrasts.quantile(level))
