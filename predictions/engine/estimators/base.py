"""The protocol of the estimators whose mean is the forecast.

Another estimator is a file beside this one and a line in ensemble.py.
"""

from typing import Protocol, Self

from predictions.engine.archive import Arrays
from predictions.engine.features.rows import Rows
from predictions.engine.types import Floats

OUTPUTS = ("low", "typical", "high", "point")
"""Columns of an estimator's outputs: log1p likes relative to the base. NaN where an estimator has no such output."""


class Estimator(Protocol):
    """Learns across accounts; `inputs` are `Rows.tabular`, (n, columns), NaN unknown."""

    @classmethod
    def fit(cls, rows: Rows, *, seed: int) -> Self:
        """Learn from rows that all have labels; the same rows and seed give the same estimator on the same machine."""

    def predict(self, inputs: Floats) -> Floats:
        """Return (n, len(OUTPUTS))."""

    def attributions(self, inputs: Floats) -> Floats:
        """Return (columns,), what each of one draft's inputs (columns,) adds to the typical output, in log units."""

    def to_arrays(self) -> Arrays:
        """Return everything that `from_arrays` needs."""

    @classmethod
    def from_arrays(cls, arrays: Arrays) -> Self:
        """Restore it. Raises KeyError, ValueError or the library's own error for arrays that are none of its kind."""
