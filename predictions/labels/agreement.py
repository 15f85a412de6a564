"""Agreement of two raters, and of measured scores with what both chose. Pure."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from predictions.models.labels import Side

FEWEST_PAIRS = 20
"""Pairs with two votes below which no agreement is told."""
_DRAWS = 2_000
_SIDES = list(Side)

Votes = tuple[Side, Side]
"""The sides that the two raters of a pair chose, of the pair as it was drawn."""


@dataclass(frozen=True, slots=True)
class Alpha:
    """Krippendorff's alpha, 1 for full agreement and 0 for chance, with a 95 % bootstrap interval over pairs."""

    alpha: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Share:
    """A share of pairs with its 95 % interval (Wilson, JASA 1927)."""

    right: int
    of: int
    low: float
    high: float

    @classmethod
    def of_pairs(cls, right: int, of: int) -> "Share":
        """Return `right` of `of` pairs, of which there is at least one."""
        # a server is up before SciPy's statistics are loaded
        from scipy.stats import binomtest

        interval = binomtest(right, of).proportion_ci(method="wilson")
        return cls(right, of, float(interval.low), float(interval.high))


def agreement_of(pairs: Sequence[Votes]) -> Alpha | None:
    """Return Krippendorff's alpha with the nominal distance; None for fewer than `FEWEST_PAIRS` pairs.

    Krippendorff, "Content Analysis", 2004. The bootstrap draws the kinds of pairs, of which there are nine.
    """
    if len(pairs) < FEWEST_PAIRS:
        return None
    import posts.content.nltk_alone  # noqa: F401

    # isort: split
    from nltk.metrics.agreement import AnnotationTask

    rows = [(rater, pair, str(side)) for pair, votes in enumerate(pairs) for rater, side in enumerate(votes)]
    kinds = Counter(pairs)
    n = len(pairs)
    draws = np.random.default_rng(0).multinomial(n, [count / n for count in kinds.values()], size=_DRAWS)
    disagrees = np.array([first != second for first, second in kinds], dtype=float)
    chosen = np.array([[votes.count(side) for side in _SIDES] for votes in kinds], dtype=float)
    observed, values = draws @ disagrees / n, draws @ chosen
    expected = 1 - (values * (values - 1)).sum(axis=1) / (2 * n * (2 * n - 1))
    # where everybody always chose one side nothing disagrees, and nltk says 1
    alphas = 1 - np.divide(observed, expected, out=np.zeros(_DRAWS), where=expected > 0)
    low, high = np.quantile(alphas, (0.025, 0.975))
    return Alpha(float(AnnotationTask(rows).alpha()), float(low), float(high))


def share_right(preferred: Sequence[Side], people: Sequence[Side]) -> Share | None:
    """Return how often a score's preferred side is the one that both raters chose; None without any.

    A pair that people call about the same, or whose scores are equal, says nothing and is left out by the caller.
    """
    if not people:
        return None
    right = sum(score == chosen for score, chosen in zip(preferred, people, strict=True))
    return Share.of_pairs(right, len(people))
