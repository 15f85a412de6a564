"""Figures of many people reveal nothing of one: crowds of twenty and more, one value each, and noise.

The attack is the one that differential privacy promises to withstand: somebody knows everybody else's values and both
things that a person may have had, sees the figures, and bets on which it was. How often such bets win says at least how
large epsilon is (Jagielski, Ullman and Oprea, "Auditing differentially private machine learning", 2020).
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import beta

from predictions.benchmarks.services import FIGURES
from privacy.anonymity import releases
from privacy.anonymity.releases import SHOWN_FROM, K, Quantile, epsilon_of, release
from tests.prove import SEED, scaled

MIDDLE = Quantile("value", 0.5, tuple(float(value) for value in range(11)), epsilon=0.5)
CONFIDENCE = 0.999
Floats = NDArray[np.float64]


def crowd(*values: float) -> list[dict[str, float]]:
    return [{"value": value} for value in values]


# --- how many, and what of each ---------------------------------------------------------------------------------------


def test_fewer_than_twenty_are_never_released_whatever_the_noise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(releases, "_noisy_count", lambda count: 1_000)
    assert release(crowd(*[5.0] * (K - 1)), [MIDDLE]) is None
    assert release(crowd(*[5.0] * K), [MIDDLE]) is not None


def test_the_true_count_decides_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(releases, "_noisy_count", lambda count: SHOWN_FROM - 1)
    assert release(crowd(*[5.0] * 1_000), [MIDDLE]) is None


def test_a_crowd_is_told_of_about_as_it_is() -> None:
    values = np.random.default_rng(SEED).integers(0, 11, 2_000).astype(float)
    released = release(crowd(*values), [MIDDLE])
    assert released is not None
    assert abs(released.accounts - 2_000) < 40
    assert abs(released.quantiles["value"] - 5) <= 1


def test_nobody_counts_further_out_than_the_candidates_go() -> None:
    """One account in two hundred has a million million; another has less than nothing."""
    released = release(crowd(1e12, -1e12, *[5.0] * 198), [MIDDLE])
    assert released is not None
    assert released.quantiles["value"] in MIDDLE.candidates


def test_the_docs_state_the_epsilon_of_a_quarter() -> None:
    assert epsilon_of(FIGURES) == 3.0


# --- the attack -------------------------------------------------------------------------------------------------------


def epsilon_seen(with_them: Floats, without_them: Floats) -> float:
    """At least so large is epsilon, with `CONFIDENCE`: what the best bet on these samples (n, figures) wins.

    The bet (which figure, from where on, in which direction) is chosen on one half of the samples and judged on the
    other, or chance would look like a leak.
    """
    half = len(with_them) // 2
    bets = [
        (column, edge, above)
        for column in range(with_them.shape[1])
        for edge in np.unique(with_them[:, column])
        for above in (True, False)
    ]

    def won(samples: Floats) -> Floats:
        return np.array([((samples[:, column] >= edge) == above).sum() for column, edge, above in bets], np.float64)

    chosen = int(np.argmax(proven(won(with_them[:half]), won(without_them[:half]), half)))
    rest = len(with_them) - half
    return float(proven(won(with_them[half:]), won(without_them[half:]), rest)[chosen])


def proven(hits: Floats, false_hits: Floats, n: int) -> Floats:
    """The log ratio that the bets' chances have at least, by the exact bounds of Clopper and Pearson (1934)."""
    tail = (1 - CONFIDENCE) / 2
    least = np.nan_to_num(beta.ppf(tail, hits, n - hits + 1), nan=0.0)
    most = np.nan_to_num(beta.ppf(1 - tail, false_hits + 1, n - false_hits), nan=1.0)
    with np.errstate(divide="ignore"):
        ratio: Floats = np.log(least / most)
    return ratio


def attack(figure: Quantile, count: int) -> float:
    """The largest epsilon seen when one account of a crowd at the edge between two candidates comes or goes."""
    below, above = [0.0] * 100, [10.0] * 100
    neighbours = crowd(*below, *above), crowd(*below, *above[1:])

    def samples(of: list[dict[str, float]]) -> Floats:
        drawn = [release(of, [figure]) for _ in range(count)]
        assert all(drawn)
        return np.array([[each.accounts, each.quantiles["value"]] for each in drawn if each], dtype=np.float64)

    one, other = (samples(of) for of in neighbours)
    return max(epsilon_seen(one, other), epsilon_seen(other, one))


def test_differencing_wins_no_more_than_was_promised() -> None:
    assert attack(MIDDLE, 1_000) <= epsilon_of([MIDDLE])


@pytest.fixture
def no_noise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(releases, "_noisy_count", lambda count: count)


def test_differencing_wins_where_the_noise_is_missing(no_noise: None) -> None:
    """The attack is one that would find something."""
    assert attack(MIDDLE, 1_000) > epsilon_of([MIDDLE])


@pytest.mark.prove
def test_differencing_at_length(record_property: Callable[[str, Any], None], monkeypatch: pytest.MonkeyPatch) -> None:
    draws = scaled(20_000)
    promised, seen = epsilon_of([MIDDLE]), attack(MIDDLE, draws)
    monkeypatch.setattr(releases, "_noisy_count", lambda count: count)
    without_noise = attack(MIDDLE, draws)
    record_property("draws of each crowd", draws)
    record_property("epsilon promised", promised)
    record_property("epsilon that the attack proves, at least", round(max(seen, 0.0), 3))
    record_property("the same where the count has no noise", round(without_noise, 3))
    assert seen <= promised < without_noise
