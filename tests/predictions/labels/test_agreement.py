"""Agreement of raters, and captions without names: pure."""

import numpy as np
import pytest

from predictions.labels.agreement import FEWEST_PAIRS, agreement_of, share_right
from predictions.labels.blinding import blinded
from predictions.models.labels import Side

L, R, S = Side.LEFT, Side.RIGHT, Side.SAME


def test_alpha_is_told_from_twenty_pairs_on_and_is_one_zero_or_between() -> None:
    assert agreement_of([(L, L)] * (FEWEST_PAIRS - 1)) is None
    full = agreement_of([(L, L), (R, R)] * 20)
    assert full is not None
    assert (full.alpha, full.low, full.high) == (1.0, 1.0, 1.0)
    # as a table of Krippendorff's formula by hand: 30 of 40 pairs agree, 40 and 40 of 80 answers
    some = agreement_of([(L, L)] * 15 + [(R, R)] * 15 + [(L, R)] * 10)
    assert some is not None
    assert some.alpha == pytest.approx(1 - 0.25 / (2 * 40 * 40 / (80 * 79)))
    assert some.low < some.alpha < some.high


def test_the_interval_holds_the_alpha_of_most_samples() -> None:
    """Pairs are drawn from a population whose alpha is known from many of them."""
    rng = np.random.default_rng(5)
    kinds = [(L, L), (R, R), (S, S), (L, R), (R, L), (L, S)]
    chances = [0.3, 0.3, 0.1, 0.1, 0.1, 0.1]

    def sample(n: int) -> list[tuple[Side, Side]]:
        return [kinds[i] for i in rng.choice(len(kinds), size=n, p=chances)]

    everybody = agreement_of(sample(3_000))
    assert everybody is not None
    found = [agreement_of(sample(80)) for _ in range(40)]
    held = sum(each.low <= everybody.alpha <= each.high for each in found if each)
    assert held >= 34


def test_a_share_has_wilsons_interval_and_nothing_has_none() -> None:
    assert share_right([], []) is None
    share = share_right([L, R, L, L], [L, R, R, L])
    assert share is not None
    assert (share.right, share.of) == (3, 4)
    # Wilson's for 3 of 4, e.g. by R's prop.test without correction
    assert (share.low, share.high) == pytest.approx((0.3006, 0.9544), abs=1e-4)


def test_captions_name_nobody() -> None:
    caption = "Anna Bakes with @otto.k: mail a@b.de, more on www.anna-bakes.de/x #annabakes #anna_b by ANNA_B"
    told = blinded(caption, ["Anna Bakes", "anna_b", "", "x"])
    for name in ("Anna Bakes", "otto", "a@b", "www", "ANNA_B", "#anna_b"):
        assert name not in told
    # a word of which a name is a part stays, or no sentence would be left
    assert blinded("The bakery", ["bake"]) == "The bakery"
