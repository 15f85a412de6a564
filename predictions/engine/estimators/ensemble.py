"""The estimators whose mean is the forecast, and their protocol.

Another estimator is a file beside this one and an entry of `MEMBERS`.
"""

from dataclasses import dataclass
from typing import Protocol, Self

import numpy as np

from predictions.engine.archive import Arrays, arrays_of
from predictions.engine.estimators.network import Network
from predictions.engine.estimators.trees import Trees
from predictions.engine.features.rows import Rows
from predictions.engine.types import Floats


class Estimator(Protocol):
    """Learns across accounts from `Rows`; `inputs` are features as in `Rows.tabular`, NaN unknown."""

    @classmethod
    def fit(cls, rows: Rows, *, seed: int) -> Self:
        """Learn from rows that all have labels; the same rows and seed give the same estimator on one machine."""

    def predict(self, inputs: Floats) -> Floats:
        """Return (n, len(OUTPUTS)), NaN for outputs that the estimator does not have."""

    def to_arrays(self) -> Arrays:
        """Return all that `from_arrays` needs."""

    @classmethod
    def from_arrays(cls, arrays: Arrays) -> Self:
        """Restore an estimator. Raises KeyError, ValueError or the library's own error for other arrays."""


MEMBERS: dict[str, type[Estimator]] = {"trees": Trees, "network": Network}
"""The estimators by the name that their arrays have in a model's archive."""


@dataclass(frozen=True, slots=True)
class Ensemble:
    """One fitted estimator of each kind; each output is the mean of those that have it."""

    members: dict[str, Estimator]

    @classmethod
    def fit(cls, rows: Rows, *, seed: int) -> Self:
        """Fit all members to rows that all have labels."""
        return cls({name: kind.fit(rows, seed=seed) for name, kind in MEMBERS.items()})

    def predict(self, inputs: Floats) -> Floats:
        """Return (n, len(OUTPUTS)), log1p likes relative to the base, of inputs (n, columns)."""
        outputs = np.array([member.predict(inputs) for member in self.members.values()])
        is_known = ~np.isnan(outputs)
        # np.nanmean takes longer than a member
        mean: Floats = np.where(is_known, outputs, 0.0).sum(axis=0) / is_known.sum(axis=0)
        return mean

    def to_arrays(self) -> Arrays:
        """Return the arrays of all members, named `member/array`."""
        return {
            f"{name}/{key}": array for name, member in self.members.items() for key, array in member.to_arrays().items()
        }

    @classmethod
    def from_arrays(cls, arrays: Arrays) -> Self:
        """Restore all members. Raises what their `from_arrays` raise."""
        return cls({name: kind.from_arrays(arrays_of(name, arrays)) for name, kind in MEMBERS.items()})
