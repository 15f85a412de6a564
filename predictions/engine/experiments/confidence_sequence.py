"""A confidence sequence for the difference of two randomised arms: valid after every post, so that peeking is allowed.

Let post i have the outcome r_i, less a forecast from earlier posts alone, and let it have been in the second arm
(a_i = 1) with the known probability p_i. Given the effect t, e_i = r_i - t (a_i - p_i) does not depend on the draw. By
Hoeffding's lemma exp(l S - l^2 V / 2), with S the sum of 2 (a_i - p_i) f(e_i) and V that of f(e_i)^2, is a
supermartingale for each l; mixed over l ~ N(0, 1 / rho) it gives, by Ville's inequality,

    S^2 <= (V + rho) (log((V + rho) / rho) + 2 log(1 / alpha))   at all times, with probability 1 - alpha

(Howard, Ramdas, McAuliffe and Sekhon, "Time-uniform, nonparametric, nonasymptotic confidence sequences", Annals of
Statistics 2021, the two-sided normal mixture; self-normalised as in de la Pena, Annals of Probability 1999). The draws
are all that it relies on: it is exact for posts of any distribution and any drift of the level. f clips, so that no
viral post hides what the others say. The effect is taken to be the same for all posts.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from predictions.engine.types import Floats

ALPHA = 0.05
"""Probability that an experiment without a difference is ever answered, and that an interval ever misses the truth."""

_CLIP = 1.5
"""Outcomes count as at most so many log units: a factor of four and a half."""
_RHO = 2.7
"""Of the mixture: intervals are narrowest after about 60 posts of noise 0.6 (log units)."""
_STEP = 0.005
_EFFECTS = np.arange(-600, 601) * _STEP
"""Effects that are tried: -3 to 3 log units, a factor of twenty either way."""


@dataclass(frozen=True, slots=True)
class Difference:
    """The second arm against the first (log units)."""

    effect: float
    low: float
    high: float
    """Ends of the interval that contains the truth, at all times at once, with probability 1 - ALPHA."""

    @property
    def is_known(self) -> bool:
        """True if the interval has no zero in it: one arm is better."""
        return self.low > 0 or self.high < 0


def difference_of(outcomes: Floats, is_second: NDArray[np.bool_], probability: Floats) -> Difference:
    """Return the difference that n posts show so far.

    `outcomes` (n,) are log units less what was forecast from earlier posts, `probability` (n,) that of the second arm
    when each was drawn, strictly between 0 and 1.

    >>> shows = difference_of(np.zeros(0), np.zeros(0, dtype=bool), np.zeros(0))
    >>> shows.is_known
    False
    """
    if not np.all((probability > 0) & (probability < 1)):
        raise ValueError("the probability of an arm is 0 or 1; expected one strictly between")
    draw = is_second - probability
    unaffected = _clipped(outcomes[:, None] - draw[:, None] * _EFFECTS)
    total = 2 * draw @ unaffected
    accepted = np.flatnonzero(total**2 <= _bound(np.sum(unaffected**2, axis=0)))
    nearest = np.abs(total) <= np.abs(total).min() + 1e-9
    effect = float(min(_EFFECTS[nearest], key=abs))
    if not len(accepted):
        # possible only where the arms differ by more than any effect that is tried
        return Difference(effect, effect, effect)
    # a step more: the ends lie between two of the effects that were tried
    return Difference(effect, float(_EFFECTS[accepted[0]]) - _STEP, float(_EFFECTS[accepted[-1]]) + _STEP)


def posts_needed(effect: float, noise: float) -> int:
    """Return after about how many posts, drawn with even chances, an effect is known.

    `effect` and `noise` (the standard deviation of a post) are in log units; the effect is not zero.

    >>> posts_needed(math.log(1.3), 0.6) < posts_needed(math.log(1.1), 0.6)
    True
    """
    variance = noise**2 + effect**2 / 4
    needed = 1.0
    # n = bound(n) / (effect / 2)^2 is a contraction: the bound grows with the logarithm of n alone
    for _ in range(100):
        needed = max(float(_bound(np.array(needed * variance))) / (needed * effect**2 / 4), 1.0)
    return math.ceil(needed)


def noise_of(outcomes: Floats, usual: float) -> float:
    """Return the standard deviation of outcomes (n,), shrunk to a usual one as if that had come from ten posts."""
    squares = float(np.sum(_clipped(outcomes) ** 2))
    return math.sqrt((squares + 10 * usual**2) / (len(outcomes) + 10))


def _clipped(outcomes: Floats) -> Floats:
    clipped: Floats = np.clip(outcomes, -_CLIP, _CLIP)
    return clipped


def _bound(squares: Floats) -> Floats:
    """Return the largest square of a sum whose summands have this sum of squares."""
    total = squares + _RHO
    bound: Floats = total * (np.log(total / _RHO) - 2 * math.log(ALPHA))
    return bound
