"""Learning how effects are distributed over accounts: empirical Bayes.

Expectation maximisation over the accounts' posteriors, with MacKay's fixed point for the variances, which reaches zero
much sooner than plain EM (MacKay, "Bayesian Interpolation", Neural Computation 1992). A weak inverse-gamma prior keeps
variances off zero; a Dirichlet prior keeps every scale possible.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from predictions.engine.effects.account_effects import AccountEffects, EffectPosts
from predictions.engine.effects.design import BLOCK_OF, WIDTH
from predictions.engine.effects.population import SCALES, EffectsPrior
from predictions.engine.types import DAY, Floats

MIN_ACCOUNTS = 10
"""With fewer accounts the prior stays."""
MAX_ACCOUNTS = 500
"""Accounts that are learned from, those with the most posts first: the cost is bounded."""
MAX_POSTS = 200
"""Latest posts of each."""

_ITERATIONS = 25
_WALKS = (0.0005, 0.0015, 0.005, 0.015, 0.05)
_PRIOR_WEIGHT, _PRIOR_VARIANCE = 2.0, 0.003
"""The prior of a variance: so many coefficients, of that variance."""
_SHARE_WEIGHT = 0.5
"""Accounts' worth of each scale that are added to what is counted."""


def fit_effects(accounts: Sequence[EffectPosts]) -> EffectsPrior:
    """Return the effects' distribution over accounts, or the prior for fewer than `MIN_ACCOUNTS`."""
    chosen = sorted((posts for posts in accounts if len(posts) > 2), key=lambda posts: -len(posts))[:MAX_ACCOUNTS]
    prior = EffectsPrior()
    if len(chosen) < MIN_ACCOUNTS:
        return prior
    latest = [posts[-MAX_POSTS:] for posts in chosen]
    prior = replace(prior, walk=_walk(latest))
    learned = [posts.learn(prior) for posts in latest]
    mean_variances = np.full(len(prior.variances) - 1, 0.02)
    for _ in range(_ITERATIONS):
        prior, mean_variances = _iterate(prior, mean_variances, learned)
    return prior


def _walk(accounts: Sequence[EffectPosts]) -> float:
    """Return the walk under which the labels alone, without effects, are likeliest."""

    def likelihood(walk: float) -> float:
        total = 0.0
        for posts in accounts:
            level, variance, squares, logs = float(posts.label[0]), 1.0, 0.0, 0.0
            days = np.minimum(np.diff(posts.posted_at) / DAY, 60.0).tolist()
            for label, gap in zip(posts.label[1:].tolist(), days, strict=True):
                variance += walk * gap
                surprise, scale = label - level, variance + 1.0
                squares += surprise**2 / scale
                logs += np.log(scale)
                level += variance / scale * surprise
                variance /= scale
            total -= 0.5 * (len(days) * np.log(max(squares, 1e-9) / len(days)) + logs)
        return float(total)

    return max(_WALKS, key=likelihood)


def _iterate(
    prior: EffectsPrior, mean_variances: Floats, learned: Sequence[AccountEffects]
) -> tuple[EffectsPrior, Floats]:
    """Return the next prior, and the variances of its mean by block."""
    blocks = len(prior.variances)
    squares, free = np.zeros(blocks), np.zeros(blocks)
    evidence, precision = np.zeros(WIDTH), 1 / mean_variances[BLOCK_OF]
    shares = np.full(len(SCALES), _SHARE_WEIGHT)
    noises = []
    for effects in learned:
        own = len(effects.tags)
        posterior = effects.posterior(prior)
        noises.append(posterior.noise)
        shares += posterior.weight
        block = np.append(BLOCK_OF, np.full(own, blocks - 1))
        middle = np.append(prior.mean, np.zeros(own))
        for scale, weight, mean, variance in zip(
            SCALES[1:], posterior.weight[1:], posterior.mean[1:], posterior.variances()[1:], strict=True
        ):
            apart = mean / scale - middle
            # the share of each coefficient that the data, not the prior, decided
            decided = 1 - variance / (scale**2 * prior.variances[block])
            squares += weight * np.bincount(block, apart**2, minlength=blocks)
            free += weight * np.bincount(block, np.clip(decided, 1e-3, 1.0), minlength=blocks)
            evidence += weight * (mean[:WIDTH] / scale) / prior.variances[BLOCK_OF]
            precision = precision + weight / prior.variances[BLOCK_OF]
    mean, unsure = evidence / precision, 1 / precision
    variances = _variances(squares, free)
    decided = np.clip(1 - unsure / mean_variances[BLOCK_OF], 1e-3, 1.0)
    mean_variances = _variances(
        np.bincount(BLOCK_OF, mean**2, minlength=blocks - 1).astype(np.float64),
        np.bincount(BLOCK_OF, decided, minlength=blocks - 1).astype(np.float64),
    )
    noise = float(1 / np.mean(1 / np.array(noises)))
    return replace(
        prior, mean=mean, mean_variances=unsure, variances=variances, noise=noise, scale_shares=shares / shares.sum()
    ), mean_variances


def _variances(squares: Floats, free: Floats) -> Floats:
    variances: Floats = (squares + _PRIOR_WEIGHT * _PRIOR_VARIANCE) / (free + _PRIOR_WEIGHT)
    return np.maximum(variances, 1e-5)
