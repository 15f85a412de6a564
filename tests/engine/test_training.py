import math
from dataclasses import fields, replace
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from predictions.engine import training
from predictions.engine.data.growth import GrowthCurve
from predictions.engine.effects.population import EffectsPrior
from predictions.engine.estimators import network
from predictions.engine.estimators.calibration import Calibration, relative_median
from predictions.engine.estimators.ensemble import Ensemble
from predictions.engine.features.rows import OUTPUTS, Rows, rows_of_account
from predictions.engine.features.tabular import EFFECTS, TABULAR
from predictions.engine.statistics import MAX_SHARE, cap_account_shares
from tests.engine.synthetic import end_of, population

ACCOUNTS = population(24, 20)


@pytest.fixture(scope="module")
def rows() -> Rows:
    until = max(end_of(a) for a in ACCOUNTS)
    found = Rows.concatenate([rows_of_account(i, a, GrowthCurve(), "horizon", until) for i, a in enumerate(ACCOUNTS)])
    return found[~np.isnan(found.label)]


def test_relative_median_minimises_the_relative_error():
    label = np.random.default_rng(0).normal(size=2_000)
    best = relative_median(label)

    def error(constant: float) -> float:
        return float(np.abs(np.expm1(constant - label)).mean())

    assert best < np.median(label)
    assert error(best) <= min(error(best - 0.1), error(best + 0.1), error(0.0))


def test_the_network_learns_quantiles_and_the_best_point_of_each_input():
    """Log-normal counts whose spread depends on the input: the wider, the further the point lies below the median."""
    random = np.random.default_rng(1)
    inputs = random.choice([-2.0, 2.0], size=(6_000, 1)).astype(np.float32)
    sd = np.where(inputs[:, 0] > 0, 1.0, 0.4)
    layers = network._train(inputs, random.normal(size=6_000) * sd, np.ones((6_000, 4)), seed=0)
    unscaled = network.Network(np.zeros(1), np.ones(1), *layers)
    narrow, wide = unscaled.predict(np.array([[-2.2], [2.2]]))
    # A log-normal's best point is one variance below its median; its 10 % quantile 1.28 deviations.
    assert narrow == pytest.approx([-0.51, 0, 0.51, -0.16], abs=0.2)
    assert wide == pytest.approx([-1.28, 0, 1.28, -1.0], abs=0.3)


def test_calibration_finds_the_misplaced_point_and_the_narrow_interval():
    label = np.random.default_rng(2).normal(6.0, 1.0, size=4_000)
    level = np.full(4_000, 6.0)
    fitted = Calibration.fit(label, level, level, level - 0.64, level + 2.56)
    assert fitted.down == pytest.approx(2, rel=0.1)
    assert fitted.up == pytest.approx(0.5, rel=0.1)
    # No further than a factor, however wrong the point.
    assert fitted.point == -0.5
    nearer = Calibration.fit(label, level, level - 0.9, level - 1.28, level + 1.28)
    assert nearer.point == pytest.approx(-0.1, abs=0.1)
    assert Calibration.from_json(fitted.to_json()) == fitted


def test_posts_without_a_like_say_nothing_of_the_point():
    zeros, level = np.zeros(300), np.full(300, 2.0)
    assert Calibration.fit(zeros, level, level, level - 1, level + 1).point == 0
    mixed = np.append(zeros, np.full(300, 2.0 + math.log(1.2)))
    both = np.full(600, 2.0)
    assert Calibration.fit(mixed, both, both, both - 1, both + 1).point == pytest.approx(math.log(1.2))


def test_effects_are_features_from_labels_known_then(rows: Rows):
    """The effect's column is empty until `with_effects`; then no row has an effect of its own label."""
    columns = [TABULAR.index(name) for name in EFFECTS]
    assert np.isnan(rows.tabular[:, columns]).all()
    zones = [a.zone for a in ACCOUNTS]
    told = rows.with_effects(EffectsPrior(), zones).tabular[:, columns]
    assert np.isfinite(told).all()
    last = np.append(np.diff(rows.account) > 0, [True])
    other = replace(rows, label=np.where(last, rows.label + 3, rows.label))
    assert np.array_equal(other.with_effects(EffectsPrior(), zones).tabular[:, columns], told)
    first = np.insert(last[:-1], 0, True)
    other = replace(rows, label=np.where(first, rows.label + 3, rows.label))
    assert not np.array_equal(other.with_effects(EffectsPrior(), zones).tabular[:, columns], told)


def test_of_too_many_posts_whole_accounts_are_drawn_in_any_order(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(training, "MAX_POSTS", 210)  # each account has twenty
    drawn = training.draw_accounts(iter(ACCOUNTS), seed=0)
    assert [a.account_id for a in drawn] == sorted(a.account_id for a in drawn)
    assert len(drawn) == 11
    assert training.draw_accounts(ACCOUNTS[::-1], seed=0) == drawn
    assert training.draw_accounts(ACCOUNTS, seed=1) != drawn
    # who was drawn stays so when others come or go that draw larger lots
    others = [a for a in ACCOUNTS if a not in drawn]
    assert training.draw_accounts([*drawn, *others[:3]], seed=0) == drawn


@pytest.mark.parametrize("name", [f.name for f in fields(Rows)])
def test_the_datas_hash_changes_with_every_number_of_the_rows(rows: Rows, name: str):
    values = getattr(rows, name).copy()
    values[-1] += 1
    assert data_hash(replace(rows, **{name: values})) != data_hash(rows)


def test_the_datas_hash_changes_with_what_the_curve_was_fitted_to(rows: Rows):
    curve = GrowthCurve()
    likes, comments, *others = curve.log_share
    lower = (likes[0] - 0.1, *likes[1:])
    steeper = replace(curve, log_share=(lower, comments, *others))
    commented = replace(curve, log_share=(likes, lower, *others))
    surer, alike = replace(curve, variance_rate=0.01), replace(curve, unlikeness=0.0)
    assert len({data_hash(rows, c) for c in (curve, steeper, commented, surer, alike)}) == 5


def data_hash(rows: Rows, curve: GrowthCurve | None = None) -> str:
    return training._data_hash(rows, curve or GrowthCurve())


def test_few_posts_are_all_learned_from():
    assert {a.account_id for a in training.draw_accounts(ACCOUNTS, seed=0)} == {a.account_id for a in ACCOUNTS}


@given(st.lists(st.integers(1, 2_000), min_size=1, max_size=60), st.integers(0, 2**32 - 1), st.booleans())
@example([5] * 40, 0, False)
@example([1_000, *[5] * 9], 0, False)
@example([1_000, 500, *[5] * 9], 0, True)
def test_no_account_outweighs_the_others(counts: list[int], seed: int, unlike: bool):
    account = np.repeat(np.arange(len(counts)), counts)
    random = np.random.default_rng(seed)
    # as rows weigh by how sure their labels are, and by their counts
    given_weights = random.lognormal(0, 2, len(counts))[account] * random.uniform(0, 1, len(account))
    before = given_weights if unlike else np.ones(len(account))
    weights = cap_account_shares(account, before)
    sums, each = np.bincount(account, before), np.bincount(account, weights)
    assert (weights <= before).all()
    order = np.argsort(sums)
    assert (np.diff(each[order]) >= -1e-9 * sums.max()).all()
    if len(counts) > 1 / MAX_SHARE:
        assert each.max() <= MAX_SHARE * each.sum() * (1 + 1e-9)
        if sums.max() <= MAX_SHARE * sums.sum():
            assert (weights == before).all()
    else:
        assert each == pytest.approx(sums.min())


def test_an_account_without_any_weight_keeps_none():
    assert cap_account_shares(np.array([0, 0, 1]), np.array([0.0, 0.0, 3.0])).tolist() == [0, 0, 3]
    assert cap_account_shares(np.array([0, 1]), np.zeros(2)).tolist() == [0, 0]
    assert cap_account_shares(np.array([], np.int64), np.array([])).tolist() == []


def test_no_account_has_a_larger_share_of_what_models_learn_from(rows: Rows, monkeypatch: pytest.MonkeyPatch):
    """One account's labels are sure and lie far below its base, which each weigh more; the others' are estimates."""
    own = rows.account == 0
    label = np.where(own, np.maximum(rows.base - 3, 0), rows.label)
    unlike = replace(rows, label=label, label_sd=np.where(own, 0.0, 1.5))
    weights: list[np.ndarray[Any, Any]] = []

    def boost(rows: Rows, weight: np.ndarray[Any, Any], seed: int) -> None:
        weights.append(weight)

    def train(inputs: object, target: object, losses: np.ndarray[Any, Any], seed: int) -> tuple[tuple[()], tuple[()]]:
        weights.extend(losses.T)
        return (), ()

    monkeypatch.setattr("predictions.engine.estimators.trees._boost", boost)
    monkeypatch.setattr("predictions.engine.estimators.network._train", train)
    Ensemble.fit(unlike, seed=0)
    assert len(weights) == 6
    for weight in weights:
        of_accounts = np.bincount(rows.account, weight)
        assert of_accounts.max() <= MAX_SHARE * of_accounts.sum() * (1 + 1e-9)


def test_one_busy_account_does_not_decide_what_is_learned(rows: Rows):
    """An account of another kind, ten times as busy as all others together, moves forecasts of theirs by little."""
    busy = rows[rows.account == 0]
    other = replace(busy, account=np.full(len(busy), len(ACCOUNTS)), label=busy.label + 3)
    crowd = rows[:400]
    many = Rows.concatenate([crowd, *[other] * (10 * len(crowd) // len(busy))])

    def forecast(learned: Rows) -> float:
        return float(Ensemble.fit(learned, seed=0).predict(crowd.tabular)[:, OUTPUTS.index("typical")].mean())

    assert abs(forecast(many) - forecast(crowd)) < 0.5
