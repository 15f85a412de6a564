"""Boosted trees: a median, and a median under weights 1 / count, which minimises the mean relative error.

Small trees, each of a third of the features, split at random places (Geurts, Ernst and Wehenkel, "Extremely randomized
trees", Machine Learning 2006): most features are neighbours of one another, and few accounts choose among them mostly
by chance.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np

from predictions.engine.archive import Arrays, arrays_of
from predictions.engine.estimators.calibration import relative_weights
from predictions.engine.estimators.forest import LEAVES, Forest
from predictions.engine.features.rows import OUTPUTS, Rows
from predictions.engine.statistics import cap_account_shares
from predictions.engine.types import Floats

_ROUNDS = 400
_PARAMETERS = {
    "objective": "l1", "learning_rate": 0.03, "num_leaves": LEAVES, "min_data_in_leaf": 60, "lambda_l2": 5.0,
    "bagging_fraction": 0.8, "bagging_freq": 1, "feature_fraction": 0.3, "extra_trees": True, "max_bin": 127,
    "deterministic": True, "force_row_wise": True, "num_threads": 1, "verbose": -1,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Trees:
    """Outputs typical and point."""

    typical: Forest
    point: Forest

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
        for name, forest in (("typical", self.typical), ("point", self.point)):
            outputs[:, OUTPUTS.index(name)] = forest.predict(inputs)
        return outputs

    def to_arrays(self) -> Arrays:
        """Return the arrays of both, named `typical/array` and `point/array`."""
        both = {"typical": self.typical, "point": self.point}
        return {f"{name}/{key}": array for name, forest in both.items() for key, array in forest.to_arrays().items()}

    @classmethod
    def from_arrays(cls, arrays: Arrays) -> Self:
        """Restore both. Raises KeyError or ValueError."""
        return cls(*(Forest.from_arrays(arrays_of(name, arrays)) for name in ("typical", "point")))


def _boost(rows: Rows, weight: Floats, seed: int) -> Forest:
    # only training needs it: with scikit-learn and SciPy, which it loads, it takes a server's start over a second
    import lightgbm as lgb

    data = lgb.Dataset(rows.tabular, rows.target, weight=weight / weight.mean(), free_raw_data=False)
    return Forest.of_booster(lgb.train({**_PARAMETERS, "seed": seed}, data, _ROUNDS))
