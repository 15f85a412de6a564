"""Evaluate hook scores: of two headlines under one picture of a test, is the one with the higher score clicked more?"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from predictions.engine.types import Floats
from predictions.viralscore.figures import Figure, figures_of
from predictions.viralscore.hooks.packages import Package
from predictions.viralscore.hooks.scorer import VARIANCES, HookScorer

PARTS = 5
"""Parts of the tests, each scored once by a scorer of the others."""
LEAST_Z = (0.0, 1.96, 3.0)
"""Pairs are told apart by how clear their click rates are."""
SETS = {
    "all": tuple(VARIANCES),
    "all but meaning": tuple(name for name in VARIANCES if name != "meaning"),
    "letters": ("letters",),
}
"""Blocks of features that are scored with."""


@dataclass(frozen=True, slots=True)
class HookFigures:
    """Shares of pairs that are right, of those with |z| above a bound."""

    least_z: float
    pairs: int
    right: list[Figure]
    """Of each of `SETS`, against all features; intervals are over tests."""


@dataclass(frozen=True, slots=True)
class _Pair:
    test_id: str
    first: str
    second: str
    z: float
    """Of the difference of the click rates, the first's less the second's."""


def evaluate_hooks(packages: Sequence[Package], progress: Callable[[str], None] = lambda _: None) -> list[HookFigures]:
    """Return the figures for each of `LEAST_Z`. Raises TooLittleToLearn."""
    tests = sorted({package.test_id for package in packages})
    parts = (np.random.default_rng(0).permutation(len(tests)) % PARTS).tolist()
    part_of = dict(zip(tests, parts, strict=True))
    pairs: list[_Pair] = []
    right: defaultdict[str, list[Floats]] = defaultdict(list)
    for part in range(PARTS):
        progress(f"part {part + 1} of {PARTS}")
        learned = [package for package in packages if part_of[package.test_id] != part]
        tested = _pairs([package for package in packages if part_of[package.test_id] == part])
        pairs += tested
        for name, blocks in SETS.items():
            scorer = HookScorer.fit(learned, blocks=blocks)
            first, second = (scorer.score([getattr(pair, side) for pair in tested]) for side in ("first", "second"))
            right[name].append(_right(first - second, np.array([pair.z for pair in tested])))
    joined = {name: np.concatenate(of_parts) for name, of_parts in right.items()}
    test, z = np.array([pair.test_id for pair in pairs]), np.abs([pair.z for pair in pairs])
    return [
        HookFigures(least, int(clear.sum()), figures_of({n: r[clear] for n, r in joined.items()}, "all", test[clear]))
        for least, clear in ((least, z > least) for least in LEAST_Z)
        if clear.any()
    ]


def _right(difference: Floats, z: Floats) -> NDArray[np.float64]:
    """Return 1 where the difference of scores (n,) has the sign of z, 0 where it has the other, 0.5 where it is 0."""
    return np.where(difference == 0, 0.5, (difference > 0) == (z > 0)).astype(np.float64)


def _pairs(packages: Sequence[Package]) -> list[_Pair]:
    """Return the pairs of distinct headlines under one picture whose click rates differ."""
    shown: defaultdict[tuple[str, str], dict[str, Package]] = defaultdict(dict)
    for package in packages:
        shown[package.test_id, package.picture_id].setdefault(package.headline, package)
    pairs = []
    for (test_id, _), by_headline in shown.items():
        for a, b in combinations(by_headline.values(), 2):
            rate = (a.clicks + b.clicks) / (a.impressions + b.impressions)
            variance = rate * (1 - rate) * (1 / a.impressions + 1 / b.impressions)
            if variance > 0 and (difference := a.clicks / a.impressions - b.clicks / b.impressions):
                pairs.append(_Pair(test_id, a.headline, b.headline, float(difference / np.sqrt(variance))))
    return pairs
