"""Differentially private figures about many people, which may be shown to anybody.

A *release* is one count and some quantiles of one crowd of at least `K` accounts. Each account enters with one value
per quantile, clipped to the range of the candidates. The noise is OpenDP's (Laplace for the count; Smith,
"Privacy-preserving statistical estimation with optimal convergence rates", 2011, with permute-and-flip selection for
the quantiles). It is drawn anew by each call: callers store a release and show the stored one, or repeated calls
would average the noise away. docs/anonymity.md has the guarantee and its epsilon.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from math import exp
from types import ModuleType

K = 20
"""Nothing is released about, or learned from, fewer accounts."""
COUNT_EPSILON = 0.5
SHOWN_FROM = 100
"""The smallest noisy count that is released: noise drowns the figures of fewer accounts. It lies so far above `K` that
the noisy count of fewer than `K` accounts reaches it once in 10**17 times (the guarantee's delta)."""


@dataclass(frozen=True, slots=True)
class Quantile:
    """One figure of a release: the value below which a share `alpha` of the accounts lies."""

    name: str
    alpha: float
    candidates: tuple[float, ...]
    """Its possible values, ascending, chosen without looking at the data."""
    epsilon: float


@dataclass(frozen=True, slots=True)
class Release:
    """Figures of a crowd that may be shown to anybody, for ever."""

    accounts: int
    """The noisy count."""
    quantiles: dict[str, float]


def release(crowd: Sequence[Mapping[str, float]], figures: Sequence[Quantile]) -> Release | None:
    """Return noisy figures of a crowd; None if it has fewer than `K` accounts, or a noisy count below `SHOWN_FROM`.

    Each member of the crowd is one account, a mapping from each figure's name to a finite value. Spends
    `COUNT_EPSILON` and each figure's epsilon. Raise KeyError if an account lacks a value.
    """
    count = _noisy_count(len(crowd))
    # the first condition is the promise to people, the second keeps it from revealing the exact count
    if len(crowd) < K or count < SHOWN_FROM:
        return None
    quantiles = {figure.name: _noisy_quantile([one[figure.name] for one in crowd], figure) for figure in figures}
    return Release(count, quantiles)


def noisy_counts(counts: Sequence[int], epsilon: float) -> list[int]:
    """Return each count with noise of its own (the discrete Laplace distribution), perhaps below zero.

    Each spends `epsilon` for an account that changes it by one. Nothing is withheld: that is for the caller.
    """
    if not counts:
        return []
    dp = _opendp()
    space = dp.vector_domain(dp.atom_domain(T=int)), dp.l1_distance(T=int)
    return [int(count) for count in dp.m.make_laplace(*space, scale=1 / epsilon)(list(counts))]


def variance_of_noise(epsilon: float) -> float:
    """Return the variance of the noise in each of `noisy_counts`."""
    return 2 * exp(-epsilon) / (1 - exp(-epsilon)) ** 2


def epsilon_of(figures: Sequence[Quantile]) -> float:
    """Return the epsilon that a release of these figures spends, by basic composition."""
    return COUNT_EPSILON + sum(figure.epsilon for figure in figures)


def _noisy_count(count: int) -> int:
    dp = _opendp()
    space = dp.atom_domain(T=int), dp.absolute_distance(T=int)
    return int(dp.m.make_laplace(*space, scale=1 / COUNT_EPSILON)(count))


def _noisy_quantile(values: list[float], figure: Quantile) -> float:
    return float(_quantile_mechanism(figure)(values))


@cache
def _quantile_mechanism(figure: Quantile) -> Callable[[list[float]], float]:
    dp = _opendp()
    space = dp.vector_domain(dp.atom_domain(T=float, nan=False)), dp.symmetric_distance()
    mechanism: Callable[[list[float]], float] = dp.binary_search_chain(
        lambda scale: dp.m.make_private_quantile(
            *space, dp.max_divergence(), list(figure.candidates), figure.alpha, scale
        ),
        d_in=1,
        d_out=figure.epsilon,
    )
    return mechanism


@cache
def _opendp() -> ModuleType:
    # half a second and 30 MB: only the process that releases pays for them
    import opendp.prelude as dp

    dp.enable_features("contrib")
    return dp
