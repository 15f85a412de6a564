"""Learn, post by post, the ratio of an account's forecast errors to what its intervals promise."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from predictions.engine.types import Floats

_MEMORY = 0.98
"""Forgetting per post."""
_PRIOR_POSTS = 30.0
"""Posts' worth of "the noise is as promised"."""
_CLIP = 2.5
"""A miss counts as at most so many standard deviations."""
_MEAN_ABSOLUTE = 0.8
"""E|x| of a standard normal, in which the noise is measured."""


@dataclass(frozen=True, slots=True)
class AccountNoise:
    """Sum of the sizes of misses, in promised standard deviations, and their number; both forget."""

    total: float = 0.0
    posts: float = 0.0

    @property
    def factor(self) -> float:
        """The factor on an interval's width, shrunk to one."""
        return (_PRIOR_POSTS + self.total) / (_PRIOR_POSTS + self.posts)

    def learned(self, miss: float) -> "AccountNoise":
        """Return the noise after one more miss: label less forecast, over the forecast's spread."""
        size = min(abs(miss), _CLIP) / _MEAN_ABSOLUTE
        return AccountNoise(_MEMORY * self.total + size, _MEMORY * self.posts + 1.0)


def replay_noise(
    posted_at: NDArray[np.int64], miss: Floats, known_from: NDArray[np.int64]
) -> tuple[Floats, AccountNoise]:
    """Return the factor for each of an account's n posts from earlier misses, and the noise after the last.

    Miss i counts for posts published at or after `known_from[i]`; NaN misses are skipped.
    """
    noise, factors, learned = AccountNoise(), np.ones(len(miss)), 0
    # after the last post, all misses are learned
    for i, moment in enumerate([*posted_at, np.inf]):
        while learned < i and known_from[learned] <= moment:
            if not np.isnan(miss[learned]):
                noise = noise.learned(float(miss[learned]))
            learned += 1
        if i < len(miss):
            factors[i] = noise.factor
    return factors, noise
