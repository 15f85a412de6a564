"""Effects of topics across accounts: what a caption is about does better or worse everywhere.

The GP over an account's posts learns which of its own topics do well; this knows a draft's topic from other accounts.
It is a ridge regression (Hoerl and Kennard, "Ridge regression", Technometrics 1970) of what the ensemble missed on how
the draft's topic differs from that of the account's recent posts.
"""

from dataclasses import dataclass, field
from typing import Self

import numpy as np
from numpy.typing import NDArray

from posts.content.meanings import MEANING_SIZE
from predictions.engine.types import Floats

_RIDGE = 150.0
"""Posts' worth of "no effect" that stand against each direction."""
_CLIP = 2.5
"""A miss counts as at most so much (log units), so that no viral post makes a topic."""


@dataclass(frozen=True, slots=True)
class TopicEffect:
    """Effects (MEANING_SIZE,) in log units per unit of each direction of a topic; else ValueError."""

    effects: Floats = field(default_factory=lambda: np.zeros(MEANING_SIZE))

    def __post_init__(self) -> None:
        if self.effects.shape != (MEANING_SIZE,):
            raise ValueError("the topic effect has another number of directions than topics")

    @classmethod
    def fit(cls, topic: NDArray[np.float32], miss: Floats, weight: Floats) -> Self:
        """Learn from n posts: `topic` (n, MEANING_SIZE), zero where unknown, and `miss` (n,), label less forecast."""
        usable = topic.any(axis=1) & (weight > 0)
        if not usable.any():
            return cls()
        from sklearn.linear_model import Ridge

        # the intercept keeps a bias of the forecasts out of the effects
        ridge = Ridge(alpha=_RIDGE)
        ridge.fit(topic[usable].astype(np.float64), np.clip(miss[usable], -_CLIP, _CLIP), sample_weight=weight[usable])
        return cls(np.asarray(ridge.coef_, dtype=np.float64))

    def predict(self, topic: NDArray[np.float32]) -> Floats:
        """Return what topics (n, MEANING_SIZE) add to their forecasts (n,), in log units."""
        # a sum along each row, whose bits do not depend on how many rows there are
        added: Floats = (topic * self.effects).sum(axis=1)
        return added
