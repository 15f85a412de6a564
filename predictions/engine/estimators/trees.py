"""Boosted trees: a median, and a median under weights 1 / count, which minimises the mean relative error.

Small trees, each of a third of the features, split at random places (Geurts, Ernst and Wehenkel, "Extremely randomized
trees", Machine Learning 2006): most features are neighbours of one another, and few accounts choose among them mostly
by chance.
"""

from dataclasses import dataclass
from typing import Self

import lightgbm as lgb
import numpy as np

from predictions.engine.archive import Arrays
from predictions.engine.estimators.calibration import relative_weights
from predictions.engine.features.rows import OUTPUTS, Rows
from predictions.engine.statistics import cap_account_shares
from predictions.engine.types import Floats

_ROUNDS = 400
_PARAMETERS = {
    "objective": "l1", "learning_rate": 0.03, "num_leaves": 16, "min_data_in_leaf": 60, "lambda_l2": 5.0,
    "bagging_fraction": 0.8, "bagging_freq": 1, "feature_fraction": 0.3, "extra_trees": True, "max_bin": 127,
    "deterministic": True, "force_row_wise": True, "num_threads": 1, "verbose": -1,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Trees:
    """Outputs typical and point."""

    typical: lgb.Booster
    point: lgb.Booster

    @classmethod
    def fit(cls, rows: Rows, *, seed: int) -> Self:
        """Boost both on labels drawn from their uncertainty, each on a draw of its own."""
        for_typical, for_point = rows.imputed(seed, draw=0), rows.imputed(seed, draw=1)
        by_count = relative_weights(for_point.target)
        return cls(
            _boost(for_typical, cap_account_shares(rows.account, rows.sureness), seed),
            _boost(for_point, cap_account_shares(rows.account, rows.sureness * by_count), seed),
        )

    def predict(self, inputs: Floats) -> Floats:
        """Return (n, len(OUTPUTS)), NaN but for typical and point."""
        outputs = np.full((len(inputs), len(OUTPUTS)), np.nan)
        for name, booster in (("typical", self.typical), ("point", self.point)):
            outputs[:, OUTPUTS.index(name)] = booster.predict(inputs, num_threads=1)
        return outputs

    def to_arrays(self) -> Arrays:
        """Return LightGBM's text of both as bytes."""
        texts = {"typical": self.typical, "point": self.point}
        return {name: np.frombuffer(booster.model_to_string().encode(), np.uint8) for name, booster in texts.items()}

    @classmethod
    def from_arrays(cls, arrays: Arrays) -> Self:
        """Restore both. Raises KeyError, UnicodeDecodeError or LightGBMError."""
        return cls(*(lgb.Booster(model_str=arrays[name].tobytes().decode()) for name in ("typical", "point")))


def _boost(rows: Rows, weight: Floats, seed: int) -> lgb.Booster:
    data = lgb.Dataset(rows.tabular, rows.target, weight=weight / weight.mean(), free_raw_data=False)
    return lgb.train({**_PARAMETERS, "seed": seed}, data, _ROUNDS)
