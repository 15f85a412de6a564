"""Judging an experiment: answered, not yet, or not worth waiting for."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from predictions.engine.effects.account_effects import AccountEffects
from predictions.engine.effects.design import WIDTH
from predictions.engine.effects.population import EffectsPrior
from predictions.engine.experiments.confidence_sequence import Difference, difference_of, noise_of, posts_needed
from predictions.engine.types import Floats

Verdict = Literal["answered", "not_yet", "not_worth_waiting"]

SMALLEST = math.log(1.1)
"""Smaller effects (log units) are not worth knowing: a post's own noise hides ten per cent."""
PATIENCE = 250
"""More further posts than these are not waited for: eight months of a post a day."""
MIN_POSTS = 20
"""With fewer known posts an experiment is never given up: its noise and its difference are hardly known."""
_HOPE = 1.64
"""The difference is hoped to be so many standard errors larger than it seems: one in twenty is."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """The estimate of an experiment's difference so far."""

    verdict: Verdict
    difference: Difference
    posts: int
    """Posts whose outcome is known."""
    more_posts: int
    """Further posts until it is known, if the difference is what it seems, or `SMALLEST` if that is larger."""


def judge(outcomes: Floats, is_second: NDArray[np.bool_], probability: Floats, *, usual_noise: float) -> Judgement:
    """Judge an experiment from the outcomes (n,) of its posts so far; arguments as for `difference_of`.

    `usual_noise` is the standard deviation of a post (log units) where little is known. It is given up when even
    the most hopeful twentieth would not be worth knowing, or would take more than `PATIENCE` further posts.
    """
    difference = difference_of(outcomes, is_second, probability)
    posts, noise = len(outcomes), noise_of(outcomes, usual_noise)
    seeming = max(abs(difference.effect), SMALLEST)
    more = max(posts_needed(seeming, noise) - posts, 0)
    if difference.is_known:
        return Judgement("answered", difference, posts, 0)
    if posts < MIN_POSTS:
        return Judgement("not_yet", difference, posts, more)
    hoped = abs(difference.effect) + _HOPE * 2 * noise / math.sqrt(posts)
    is_hopeless = hoped < SMALLEST or posts_needed(hoped, noise) - posts > PATIENCE
    return Judgement("not_worth_waiting" if is_hopeless else "not_yet", difference, posts, more)


def less_the_level(prior: EffectsPrior, posted_at: Sequence[int], label: Floats, variance: Floats) -> Floats:
    """Return each label (n,) less the account's level as forecast from the posts before it (log units).

    Posts are in order of publishing and have a label (log1p likes) with a variance. The first is left at 0.
    """
    effects, nothing = AccountEffects(), np.zeros(WIDTH)
    left = np.zeros(len(label))
    for i, moment in enumerate(posted_at):
        if effects.posts:
            left[i] = label[i] - effects.usual[0]
        effects.learn(prior, moment, nothing, float(label[i]), float(variance[i]))
    return left
