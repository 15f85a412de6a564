"""The weight of randomised posts in an account's effects.

What an account chose itself may be confounded: good posts get good hours. With c the confounding of a feature whose
arms were drawn at random for some posts, and x its columns,

    label = level + x . (b + c) + noise   of posts that the account chose,     c ~ N(0, kappa^2)
    label = level + x . b + noise         of posts that were drawn.

c is integrated out of the chosen posts, which bounds what any number of them can say of b; the drawn posts are free of
it (bias modelling as in Turner, Spiegelhalter, Smith and Thompson, "Bias modelling in evidence synthesis", Journal of
the Royal Statistical Society A 2009). Features that were never drawn are learned as without experiments.
"""

from collections.abc import Sequence

import numpy as np

from predictions.engine.effects.account_effects import AccountEffects, EffectPosts
from predictions.engine.effects.design import BLOCKS
from predictions.engine.effects.population import EffectsPrior
from predictions.engine.types import Floats

CONFOUNDING = 0.2
"""Standard deviation (log units) of a coefficient's confounding: about what reasons other than the hour move an hour.

Chosen posts, however many, then say as much of a contrast as 36 drawn posts of noise 0.6 (4 x 0.36 / 0.2^2)."""

BLOCKS_OF_FEATURE = {
    "post_time": ("hour", "hour_fine"),
    "question": ("question",),
    "caption_length": ("length", "length_smooth"),
    "emoji": ("emoji", "emoji_count"),
}
"""The design's blocks that an experiment on a feature randomises."""


def learn_with_experiments(prior: EffectsPrior, posts: EffectPosts, drawn: Sequence[str]) -> AccountEffects:
    """Learn all posts of an account; `drawn` (n,) names the feature that was drawn at random for each post, or "".

    Without a drawn post it is `posts.learn(prior)`. The drawn posts of a feature are compared with each other alone.
    """
    effects = posts.learn(prior)
    features = sorted(set(drawn) & BLOCKS_OF_FEATURE.keys())
    if not features:
        return effects
    group_of = np.array([feature if feature in features else "" for feature in drawn])
    effects.gram = sum(
        (
            _without_confounding(
                _gram(prior, effects, posts[group_of == group]), prior, [each for each in features if each != group]
            )
            for group in ("", *features)
        ),
        np.zeros_like(effects.gram),
    )
    return effects


def _without_confounding(gram: Floats, prior: EffectsPrior, features: Sequence[str]) -> Floats:
    """Return the products (1 + d, 1 + d) with the confounding of these features integrated out."""
    confounded = {name for feature in features for name in BLOCKS_OF_FEATURE[feature]}
    variance = np.zeros(len(gram))
    for name, columns in BLOCKS:
        if name in confounded:
            variance[1:][columns] = CONFOUNDING**2 / prior.noise
    # (1 + G K)^-1 G, which needs no inverse of G
    remaining = np.linalg.solve(np.eye(len(gram)) + gram * variance, gram)
    symmetric: Floats = (remaining + remaining.T) / 2
    return symmetric


def _gram(prior: EffectsPrior, learned: AccountEffects, posts: EffectPosts) -> Floats:
    """Return the products of posts that are compared with each other alone, in the columns of `learned`."""
    effects = AccountEffects(tags=learned.tags, offset=learned.offset, zone=learned.zone)
    rows = effects.columns(posts.posted_at, posts.content, posts.tags)
    for i in np.flatnonzero(~np.isnan(posts.label)).tolist():
        effects.learn(prior, int(posts.posted_at[i]), rows[i], float(posts.label[i]), float(posts.variance[i]))
    return effects.gram
