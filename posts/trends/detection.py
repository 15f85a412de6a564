"""Find hashtags that rise: counts of accounts by quarters of a day, tested against each hashtag's own past.

Pure: no Django. Counts come with noise (docs/anonymity.md); everything here is computed from the noisy ones.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

BUCKET_H = 6
"""Hours of a bucket."""
PER_DAY = 24 // BUCKET_H
GAP_DAYS = 1
"""Days before the last 24 h that are left out: a rise may have begun in them."""
PAST_DAYS = 42
"""Days of the past before that."""
BUCKETS = PER_DAY * (1 + GAP_DAYS + PAST_DAYS)
FEWEST_DAYS = 14
"""Days of the past that must have `FEWEST_ACTIVE` accounts, for anything to be found."""
FEWEST_ACTIVE = 20
HALF_LIFE_DAYS = 14.0
"""Of a past day's weight: the past fades exponentially."""
FALSE_DISCOVERIES = 0.1
"""Expected share of false ones among what one call finds (Benjamini and Hochberg, 1995)."""
LEAST_GROWTH = 1.5
"""The lower bound of the growth that counts as a rise: a significant tenth more is no trend."""
FEWEST_EXPECTED = 1.0
"""Accounts a day that the past counts for at least: a hashtag that was never used has grown by no finite factor."""
POOLED_FROM = 5.0
"""Accounts a day from which a hashtag says something of how bursty hashtags are."""
POOLED_DAYS = 10.0
"""Days that the burstiness of all hashtags weighs beside a hashtag's own."""


@dataclass(frozen=True, slots=True)
class Rise:
    """A hashtag that rises: which row of the counts, and by what factor over its past, with an 80 % interval."""

    row: int
    recent: float
    """Accounts in the last 24 h, with noise."""
    growth: float
    low: float
    high: float
    p: float
    """Adjusted for the number of hashtags tested."""


def find_rising(counts: Floats, active: Floats, *, noise_variance: float) -> list[Rise]:
    """Return the hashtags that rise, surest first.

    The last 24 hours are tested, one-sided, against a negative binomial distribution whose mean is the hashtag's past
    rate per active account, times the accounts active now, and whose variance holds the hashtag's burstiness, the noise
    and what is not known of the mean. Whole days are compared, so evenings are no trends; nor are new users of the
    service.

    Parameters
    ----------
    counts: (hashtags, BUCKETS) accounts in each bucket, oldest first, with noise; one account at most once in 24 h.
    active: (BUCKETS,) accounts that published at all, counted likewise.
    noise_variance: of the noise in each count.
    """
    from scipy import stats

    days = counts.reshape(len(counts), BUCKETS // PER_DAY, PER_DAY).sum(axis=2)[:, ::-1]
    exposure = active.reshape(-1, PER_DAY).sum(axis=1)[::-1]
    past = slice(1 + GAP_DAYS, None)
    usable = exposure[past] >= FEWEST_ACTIVE
    if not len(counts) or usable.sum() < FEWEST_DAYS or exposure[0] < FEWEST_ACTIVE:
        return []
    recent, before, exposed = days[:, 0], days[:, past][:, usable], exposure[past][usable]
    weights = 0.5 ** (np.arange(PAST_DAYS)[usable] / HALF_LIFE_DAYS)
    rate = np.maximum((before @ weights) / (exposed @ weights), FEWEST_EXPECTED / exposure[0])
    noise = noise_variance * PER_DAY
    burstiness = _burstiness(before, rate[:, None] * exposed, weights, noise)

    expected = rate * exposure[0]
    daily = expected + burstiness * expected**2 + noise
    of_expected = daily * (weights @ weights) / weights.sum() ** 2
    variance = daily + of_expected
    # a negative binomial with this mean and variance; the noise keeps it from being a Poisson one
    size = expected**2 / (variance - expected)
    p = stats.nbinom.sf(np.ceil(recent) - 1, size, size / (size + expected))
    adjusted = stats.false_discovery_control(p)

    at_least_one = np.maximum(recent, FEWEST_EXPECTED)
    growth = at_least_one / expected
    of_recent = at_least_one + burstiness * at_least_one**2 + noise
    factor = np.exp(stats.norm.ppf(0.9) * np.sqrt(of_recent / at_least_one**2 + of_expected / expected**2))
    found = np.flatnonzero((adjusted <= FALSE_DISCOVERIES) & (growth / factor >= LEAST_GROWTH))
    return [
        Rise(
            row=int(i),
            recent=float(recent[i]),
            growth=float(growth[i]),
            low=float(growth[i] / factor[i]),
            high=float(growth[i] * factor[i]),
            p=float(adjusted[i]),
        )
        for i in found[np.argsort(adjusted[found], kind="stable")]
    ]


def _burstiness(before: Floats, expected: Floats, weights: Floats, noise: float) -> Floats:
    """Return (hashtags,) the relative variance of their days beyond Poisson's and the noise's.

    By moments, shrunk to that of all hashtags and never below half of it: a past that was calm by luck makes false
    alarms.
    """
    excess = ((before - expected) ** 2 - expected - noise) @ weights
    squares = (expected**2) @ weights
    own = excess / squares
    frequent = expected.mean(axis=1) >= POOLED_FROM
    pooled = max(float(np.mean(own[frequent])), 0.0) if frequent.any() else 0.1
    effective = weights.sum() ** 2 / (weights @ weights)
    shrunk: Floats = (effective * own + POOLED_DAYS * pooled) / (effective + POOLED_DAYS)
    return np.maximum(shrunk, pooled / 2)
