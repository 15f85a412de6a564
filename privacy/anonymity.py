"""Figures about many people that may be shown to anybody: differentially private, and of at least `K` of them.

A *release* is one count and some quantiles of one crowd. Whoever is in the crowd enters with one value per quantile,
however much there is of them, and values count no further out than the candidates go. The noise is OpenDP's
(Laplace for the count; Smith, "Privacy-preserving statistical estimation with optimal convergence rates", 2011, with
permute-and-flip selection for the quantiles). It is drawn anew by each call: the caller stores a release and shows the
stored one ever after, or asking again would average it away. What this guarantees, and at what epsilon, is told in
docs/anonymity.md.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from types import ModuleType

K = 20
"""Nothing is told, or learned, of fewer accounts."""
COUNT_EPSILON = 0.5
SHOWN_FROM = 100
"""About so many accounts at least: noise blurs what fewer have in common beyond use. It lies so far above `K` that the
noisy count of fewer than `K` passes for so many once in 10**17 times (the guarantee's delta)."""


@dataclass(frozen=True, slots=True)
class Quantile:
    """One figure of a release: which share of the accounts lies below it."""

    name: str
    alpha: float
    candidates: tuple[float, ...]
    """What it may come out as, ascending: chosen without looking at the data."""
    epsilon: float


@dataclass(frozen=True, slots=True)
class Release:
    """What may be shown of a crowd, to anybody and for ever."""

    accounts: int
    """About so many: noisy."""
    quantiles: dict[str, float]


def release(crowd: Sequence[Mapping[str, float]], figures: Sequence[Quantile]) -> Release | None:
    """The figures of a crowd, each member of which is one account with one finite value for each figure's name.

    None where they are fewer than `K`, or about fewer than `SHOWN_FROM`. Spends `COUNT_EPSILON` and each figure's
    epsilon. Raises KeyError where an account lacks a value.
    """
    about = _noisy_count(len(crowd))
    # the first condition is the promise to people, the second keeps its answer from telling who made it true
    if len(crowd) < K or about < SHOWN_FROM:
        return None
    quantiles = {figure.name: _noisy_quantile([one[figure.name] for one in crowd], figure) for figure in figures}
    return Release(about, quantiles)


def epsilon_of(figures: Sequence[Quantile]) -> float:
    """What a release of these figures spends of each account's privacy, by basic composition."""
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
    # it takes half a second and 30 MB: only the process that releases pays for that
    import opendp.prelude as dp

    dp.enable_features("contrib")
    return dp
