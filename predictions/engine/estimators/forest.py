"""Boosted trees as plain arrays: LightGBM grows them, and NumPy follows them.

All splits of all trees are tested at once, and each one that sends a row to the right rules out the leaves on its left;
a row ends in the first leaf of each tree that is left (Lucchese et al., "QuickScorer", SIGIR 2015).
"""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from predictions.engine.archive import Arrays
from predictions.engine.types import Floats

if TYPE_CHECKING:
    import lightgbm as lgb

LEAVES = 16
"""The most leaves of a tree: one bit each."""
_ALL = (1 << LEAVES) - 1
_FIRST = np.array([0, *((mask & -mask).bit_length() - 1 for mask in range(1, _ALL + 1))], np.uint8)
"""Set of leaves -> the number of the first in it."""
_AT_ONCE = 64
"""Rows that are followed together: their tests fit into a processor's cache."""


@dataclass(frozen=True, slots=True)
class Forest:
    """T trees of at most LEAVES leaves, numbered from left to right, whose values add up.

    Split s of tree t sends a row to the right where its input `column[s, t]` is above `threshold[s, t]`. The inputs
    stand there twice, one after the other: an unknown one is below all thresholds first, and above all the second time.
    A tree with fewer splits has others that send nothing to the right.
    """

    column: NDArray[np.uint16]  # (LEAVES - 1, T)
    threshold: Floats  # (LEAVES - 1, T)
    left_over: NDArray[np.uint16]  # (LEAVES - 1, T), the leaves that remain on the right, one bit each
    value: Floats  # (T, LEAVES)

    def predict(self, inputs: Floats) -> Floats:
        """Return the sums (n,) of the leaves that inputs (n, columns) end in, NaN unknown."""
        unknown = np.isnan(inputs)
        twice = np.hstack([np.where(unknown, -np.inf, inputs), np.where(unknown, np.inf, inputs)])
        sums = [self._follow(twice[start : start + _AT_ONCE]) for start in range(0, len(twice), _AT_ONCE)]
        return np.concatenate(sums) if sums else np.empty(0)

    def _follow(self, twice: Floats) -> Floats:
        goes_right = twice[:, self.column] > self.threshold
        remaining = np.bitwise_and.reduce(np.where(goes_right, self.left_over, np.uint16(_ALL)), axis=1)
        ends = self.value[np.arange(len(self.value)), _FIRST[remaining]]
        # in this order in memory the bits of a row's sum do not depend on the other rows
        sums: Floats = np.ascontiguousarray(ends).sum(axis=1)
        return sums

    @classmethod
    def of_booster(cls, booster: "lgb.Booster") -> Self:
        """Return the trees of a booster without categories, of at most LEAVES leaves each."""
        dumped = booster.dump_model()
        trees, columns = dumped["tree_info"], dumped["max_feature_idx"] + 1
        column = np.zeros((LEAVES - 1, len(trees)), np.uint16)
        threshold = np.full(column.shape, np.inf)
        left_over = np.full(column.shape, _ALL, np.uint16)
        value = np.zeros((len(trees), LEAVES))
        for t, tree in enumerate(trees):
            leaves = list(_leaves(tree["tree_structure"]))
            value[t, : len(leaves)] = leaves
            for s, (split, first, middle) in enumerate(_splits(tree["tree_structure"])):
                # where training knew every value of an input, LightGBM takes an unknown one for zero
                is_zero = split["missing_type"] == "None"
                goes_left = split["threshold"] >= 0 if is_zero else split["default_left"]
                column[s, t] = split["split_feature"] + (0 if goes_left else columns)
                threshold[s, t] = split["threshold"]
                left_over[s, t] = _ALL & ~((1 << middle) - (1 << first))
        return cls(column, threshold, left_over, value)

    def to_arrays(self) -> Arrays:
        """Return all arrays by their names."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    @classmethod
    def from_arrays(cls, arrays: Arrays) -> Self:
        """Restore the trees. Raises KeyError, and ValueError for arrays of other shapes."""
        forest = cls(*(arrays[field.name] for field in fields(cls)))
        splits = (LEAVES - 1, len(forest.value))
        shapes = [array.shape for array in (forest.column, forest.threshold, forest.left_over, forest.value)]
        if shapes != [splits] * 3 + [(len(forest.value), LEAVES)]:
            raise ValueError("the trees' arrays differ in their shapes")
        return forest


def _leaves(node: dict[str, Any]) -> Iterator[float]:
    """Yield the values of the leaves below, from left to right."""
    if "left_child" not in node:
        yield node["leaf_value"]
        return
    yield from _leaves(node["left_child"])
    yield from _leaves(node["right_child"])


def _splits(node: dict[str, Any], first: int = 0) -> Iterator[tuple[dict[str, Any], int, int]]:
    """Yield the splits below, with the first leaf on the left and the first on the right; leaves count from `first`."""
    if "left_child" not in node:
        return
    middle = first + sum(1 for _ in _leaves(node["left_child"]))
    yield node, first, middle
    yield from _splits(node["left_child"], first)
    yield from _splits(node["right_child"], middle)
