"""Exploration: one change that the account has rarely tried, chosen for what it would teach and not for what it brings.

Suggestions alone narrow an account to what is known to work. An idea is what the account has hardly any posts of and
whose effect is least known (uncertainty sampling; Settles, "Active Learning", 2012, 2.3), and that is not expected to
harm it.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from predictions.engine.advice.changes import Change, own_posts_like, possible_changes
from predictions.engine.advice.suggestions import columns_after
from predictions.engine.effects.population import EffectsPrior
from predictions.engine.learned_account import LearnedAccount
from predictions.engine.types import Draft

MOST_HARM = math.log(0.95)
"""The median of an idea's effect (log units) is no lower: at worst five per cent are paid for what is learned."""
RARE = 0.1
"""At most this share of the account's posts is like what an idea brings."""


@dataclass(frozen=True, slots=True)
class Idea:
    """One change that is off the account's usual way, and what is known of its effect (log units)."""

    changes: tuple[Change]
    draft: Draft
    """The draft after the change."""
    text: str
    effect: float
    """Median."""
    low: float
    high: float
    """80 % interval."""
    own_posts: int
    """Posts of the account that have what the change brings."""


def explore(
    prior: EffectsPrior,
    account: LearnedAccount,
    draft: Draft,
    text: str,
    *,
    window: tuple[int, int],
    max_hashtags: int,
    without: Sequence[str] = (),
) -> Idea | None:
    """Return the change whose effect is least known, of those that the account has rarely tried; None without one.

    Arguments as for `advise`. Of equally unknown ones it is the least tried.
    """
    history = account.history.known_at(account.as_of)
    changes = [
        (change, seen)
        for change in possible_changes(account, draft, text, window=window, max_hashtags=max_hashtags)
        if change.feature not in without and (seen := own_posts_like(account, history, change)) <= RARE * len(history)
    ]
    if not changes or not len(history):
        return None
    rows = columns_after(account.effects, draft, text, [change for change, _ in changes])
    contrasts = account.posterior(prior).contrast(rows[1:] - rows[0])
    low, median, high = contrasts.quantiles((0.1, 0.5, 0.9))
    deviation = contrasts.sd.round(6)
    harmless = np.flatnonzero(median >= MOST_HARM).tolist()
    if not harmless:
        return None
    best = max(harmless, key=lambda i: (deviation[i], -changes[i][1]))
    change, seen = changes[best]
    return Idea((change,), *change.apply(draft, text), float(median[best]), float(low[best]), float(high[best]), seen)
