"""Trees as plain arrays: LightGBM's own answers, from NumPy."""

import lightgbm as lgb
import numpy as np
import pytest

from predictions.engine.estimators.forest import LEAVES, Forest
from predictions.engine.types import Floats

COLUMNS = 7


def answers(grown: lgb.Booster, inputs: Floats) -> Floats:
    return np.asarray(grown.predict(inputs, num_threads=1), np.float64)


def booster(rng: np.random.Generator, *, unknown: float, rounds: int = 60, rows: int = 800) -> lgb.Booster:
    """Boost on random data, of which a share is `unknown`; the target steps over two columns and a missing one."""
    inputs = drafts(rng, rows, unknown=unknown)
    target = np.nan_to_num(inputs[:, 0]) + (np.nan_to_num(inputs[:, 1]) > 0) + 2 * np.isnan(inputs[:, 2])
    parameters = {"objective": "l1", "num_leaves": LEAVES, "min_data_in_leaf": 5, "extra_trees": True, "verbose": -1}
    return lgb.train({**parameters, "num_threads": 1}, lgb.Dataset(inputs, target), rounds)


def drafts(rng: np.random.Generator, rows: int, *, unknown: float) -> Floats:
    """Draw inputs, some exactly zero, some huge."""
    inputs = rng.normal(size=(rows, COLUMNS)) * 10.0 ** rng.integers(-3, 4, COLUMNS)
    inputs[rng.random(inputs.shape) < 0.1] = 0.0
    inputs[rng.random(inputs.shape) < unknown] = np.nan
    return inputs


@pytest.mark.parametrize("unknown", [0.0, 0.3])
@pytest.mark.parametrize("seed", range(3))
def test_it_answers_as_the_booster_also_where_inputs_are_unknown_that_training_knew(seed: int, unknown: float) -> None:
    rng = np.random.default_rng(seed)
    grown = booster(rng, unknown=unknown)
    forest = Forest.from_arrays(Forest.of_booster(grown).to_arrays())
    inputs = drafts(rng, 300, unknown=0.3)
    assert np.abs(forest.predict(inputs) - answers(grown, inputs)).max() < 1e-9
    # a row's answer does not depend on who is asked about with it
    assert [forest.predict(row[None])[0] for row in inputs[:5]] == list(forest.predict(inputs)[:5])


def test_trees_without_a_split_and_no_rows_are_no_special_case() -> None:
    rng = np.random.default_rng(1)
    grown = booster(rng, unknown=0.0, rounds=3, rows=6)
    inputs = drafts(rng, 4, unknown=0.3)
    forest = Forest.of_booster(grown)
    assert np.abs(forest.predict(inputs) - answers(grown, inputs)).max() < 1e-9
    assert len(forest.predict(inputs[:0])) == 0


def test_arrays_of_other_shapes_are_refused() -> None:
    arrays = Forest.of_booster(booster(np.random.default_rng(2), unknown=0.0, rounds=3)).to_arrays()
    with pytest.raises(ValueError, match="shapes"):
        Forest.from_arrays({**arrays, "value": arrays["value"][:, :3]})
