"""The readable summary of an account's effects."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from predictions.engine.effects.account_effects import AccountEffects
from predictions.engine.effects.design import BLOCKS, WIDTH
from predictions.engine.effects.population import EffectsPrior
from predictions.engine.effects.summary import summarise_effects, zone_name

COLUMNS = dict(BLOCKS)
LEVERS = ["post_hour", "weekday", "duration", "caption_length", "question", "call_to_action", "tone", "emoji"]


def known(block: str, effect: float) -> EffectsPrior:
    """A population in which everybody reacts to one block alone, and in the same way."""
    mean = np.zeros(WIDTH)
    mean[COLUMNS[block]] = effect
    return EffectsPrior(
        mean=mean, variances=np.full(len(BLOCKS) + 1, 1e-12), scale_shares=np.array([1e-9, 1e-9, 1.0, 1e-9])
    )


@pytest.mark.parametrize(
    ("block", "lever", "effect"),
    [
        ("question", "question", math.log(2)),
        ("call_to_action", "call_to_action", math.log(2)),
        ("weekend", "weekday", math.log(2)),
        ("duration", "duration", 1.0),
        ("emoji", "emoji", math.log(2)),
        ("tone", "tone", math.log(2)),
        # log1p of the length: twice 55 characters are a little less than twice as many
        ("length", "caption_length", math.log(2) / math.log(111 / 56)),
    ],
)
def test_a_known_effect_is_told_as_what_it_is(block, lever, effect):
    summary = summarise_effects(known(block, effect), AccountEffects())
    effects = {each.lever: each for each in summary.effects}
    assert list(effects) == LEVERS
    assert effects[lever].effect_pct == pytest.approx(100, abs=2)
    assert effects[lever].low_pct <= effects[lever].effect_pct <= effects[lever].high_pct
    assert effects[lever].chance > 0.99
    assert all(abs(each.effect_pct) < 0.5 for name, each in effects.items() if name != lever)


def test_the_best_hour_is_told_in_local_time():
    prior = known("hour", 0.0)
    prior.mean[COLUMNS["hour"].start] = -0.5
    [best] = [each for each in summarise_effects(prior, AccountEffects()).effects if each.lever == "post_hour"]
    assert best.contrast == "12:00 local time against the average hour"
    assert best.effect_pct > 20


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.floats(0, 12), min_size=2, max_size=12),
    st.integers(0, 2**32 - 1),
)
def test_whatever_was_learned_ranges_hold_their_effect(labels, seed):
    dice = np.random.default_rng(seed)
    effects, prior = AccountEffects(), EffectsPrior()
    for day, label in enumerate(labels):
        effects.learn(prior, 86_400 * day, dice.normal(size=WIDTH), label, 0.01)
    summary = summarise_effects(prior, effects)
    assert summary.posts_learned == len(labels)
    for each in summary.effects:
        assert -100 <= each.low_pct <= each.high_pct
        assert 0 <= each.chance <= 1


@pytest.mark.parametrize(
    ("zone", "offset", "name"),
    [
        ("", 0, "UTC"),
        ("", 7_200, "UTC+02:00"),
        ("", -19_800, "UTC-05:30"),
        ("Europe/Berlin", 0, "Europe/Berlin"),
        ("Asia/Tokyo", 3_600, "Asia/Tokyo"),
    ],
)
def test_a_zone_is_chosen_or_inferred(zone, offset, name):
    assert zone_name(AccountEffects(zone=zone, offset=offset)) == name
