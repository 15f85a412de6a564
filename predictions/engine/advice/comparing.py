"""Comparisons: of drafts with each other, and of a draft's hours and weekdays."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from predictions.engine.advice.suggestions import columns_of
from predictions.engine.effects.design import TIME_WIDTH, time_design
from predictions.engine.effects.local_time import local_seconds, weekdays_of
from predictions.engine.effects.population import EffectsPrior
from predictions.engine.learned_account import LearnedAccount
from predictions.engine.types import DAY, HOUR, Draft, Floats, Forecast

BEST_OF = 4_000
"""Draws from which the chance to be best of all is counted: right to a per cent."""


def win_chances(
    prior: EffectsPrior, account: LearnedAccount, drafts: Sequence[Draft], forecasts: Sequence[Forecast]
) -> Floats:
    """Return (n, n), the probability that draft i gets more likes than draft j; the diagonal is a half.

    The account's level is common to both. What differs is each post's own noise and what is not known of the effects in
    which they differ.
    """
    typical = np.log1p([forecast.typical for forecast in forecasts])
    variance = _variances_apart(prior, account, drafts)
    np.fill_diagonal(variance, 1.0)
    chances: Floats = ndtr((typical[:, None] - typical) / np.sqrt(variance))
    return chances


def best_chances(
    prior: EffectsPrior, account: LearnedAccount, drafts: Sequence[Draft], forecasts: Sequence[Forecast]
) -> Floats:
    """Return (n,), the probability that each draft gets the most likes of all; they add up to 1.

    The drafts' distances from the first are normal with the variances of `win_chances`. The share of `BEST_OF` draws
    (the same ones for everybody, so that an answer can be repeated) in which a draft is ahead is its probability.
    """
    variance = _variances_apart(prior, account, drafts)
    typical = np.log1p([forecast.typical for forecast in forecasts])
    from_first = variance[0]
    covariance = (from_first[:, None] + from_first - variance) / 2
    # rounding can leave an eigenvalue just below zero
    values, vectors = np.linalg.eigh(covariance)
    draws = np.random.default_rng(0).standard_normal((BEST_OF, len(drafts)))
    distances = typical + (draws * np.sqrt(np.maximum(values, 0.0))) @ vectors.T
    chances: Floats = np.bincount(distances.argmax(axis=1), minlength=len(drafts)) / BEST_OF
    return chances


def _variances_apart(prior: EffectsPrior, account: LearnedAccount, drafts: Sequence[Draft]) -> Floats:
    """Return (n, n), the variance of the distance between two drafts' log likes; 0 of a draft from itself."""
    posterior = account.posterior(prior)
    rows = columns_of(account.effects, drafts)
    n = len(rows)
    apart = (rows[:, None] - rows).reshape(n * n, -1)
    variance: Floats = posterior.contrast(apart).sd.reshape(n, n) ** 2 + 2 * posterior.noise
    np.fill_diagonal(variance, 0.0)
    return variance


@dataclass(frozen=True, slots=True)
class HourMap:
    """A draft's effect at each weekday (Monday first) and local hour, against its own time; arrays are (7, 24)."""

    effect_pct: Floats
    chance: Floats
    """Probability that the hour is better than the draft's own."""


def hour_map(prior: EffectsPrior, account: LearnedAccount, draft: Draft) -> HourMap:
    """Return how publishing at another local hour of the week would do."""
    local = local_seconds(np.array([draft.publish_at]), account.effects.zone, account.effects.offset)
    # hours as clocks show them: in a week in which they change, too
    monday = int(local[0] - local[0] % DAY - weekdays_of(local)[0] * DAY)
    own = columns_of(account.effects, [draft])
    rows = np.repeat(own, 7 * 24, axis=0)
    rows[:, :TIME_WIDTH] = time_design(monday + HOUR * np.arange(7 * 24))
    contrasts = account.posterior(prior).contrast(rows - own)
    effect = 100 * np.expm1(contrasts.effect)
    return HourMap(effect.reshape(7, 24).round(1), contrasts.chance_above(0.0).reshape(7, 24).round(3))
