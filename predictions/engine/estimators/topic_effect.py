"""What topics do everywhere: an effect of what a caption is about, learned across accounts.

An account's own process learns which of its topics do well, from its own posts. This knows a draft's topic from other
accounts' posts. It is a ridge regression (Hoerl and Kennard, "Ridge regression", Technometrics 1970) on what the
ensemble missed of accounts that it had not seen, from how the draft's meaning differs from that of the account's recent
posts: what all of an account's posts have in common is in its level.
"""

import numpy as np
from numpy.typing import NDArray

from posts.meanings import MEANING_SIZE
from predictions.engine.types import Floats

_RIDGE = 150.0
"""So many posts' worth of "no effect" stand against each direction."""

_CLIP = 2.5
"""A miss counts as at most so much (log units), so that no viral post makes a topic."""


def no_appeal() -> Floats:
    """(MEANING_SIZE,) effects of a model that knows none."""
    return np.zeros(MEANING_SIZE)


def fit_appeal(topic: NDArray[np.float32], miss: Floats, weight: Floats) -> Floats:
    """(MEANING_SIZE,) effects in log units per unit of each direction.

    `topic` (n, MEANING_SIZE), zero where nothing is known; `miss` (n,) label less typical forecast, log units.
    """
    told = topic.any(axis=1)
    directions, weights = topic[told].astype(np.float64), weight[told]
    if not weights.sum():
        return no_appeal()
    clipped = np.clip(miss[told], -_CLIP, _CLIP)
    # A bias of the forecasts is no topic's.
    centred = clipped - np.average(clipped, weights=weights)
    gram = (directions * weights[:, None]).T @ directions + _RIDGE * np.eye(MEANING_SIZE)
    effects: Floats = np.linalg.solve(gram, directions.T @ (weights * centred)).astype(np.float64)
    return effects


def appeal_of(topic: NDArray[np.float32], effects: Floats) -> Floats:
    """(n,) what the drafts' topics add to their forecasts, log units."""
    # a sum along each row, whose bits do not depend on how many rows there are
    added: Floats = (topic * effects).sum(axis=1)
    return added
