"""Weighted and conformal quantiles."""

import numpy as np
import pytest

from predictions.engine.statistics import conformal_quantile, weighted_quantile


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
