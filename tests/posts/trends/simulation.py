"""Simulated hashtags: most of them stationary and bursty, one of them perhaps tripled from a moment on."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from posts.trends.counting import GATE_DAYS
from posts.trends.detection import BUCKET_H, BUCKETS, PER_DAY, find_rising
from posts.trends.services import EPSILON, RELEASED_ONCE_IN, SHOWN_FROM
from privacy.anonymity.releases import K, variance_of_noise

HOURS_OF_DAY = np.array([0.4, 0.8, 1.2, 1.6]) / PER_DAY
"""Share of a day's uses in each bucket: nights are quiet."""
BURSTIEST = 0.1
"""A hashtag's days vary by a gamma factor of a variance up to this: negative binomial counts."""
MIDDLE_RATE, RATES_SD = 1.0, 1.5
"""Accounts a day of the middle hashtag, and the spread (log units): one in forty has twenty or more."""
ACTIVE = 500.0
QUIET = int(RELEASED_ONCE_IN.total_seconds() // (BUCKET_H * 3600))

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Alarm:
    bucket: int
    """Of the time that is watched."""
    tag: int


def alarms(seed: int, hashtags: int, watched: int, *, tripled_at: int | None = None, base: float = 20.0) -> list[Alarm]:
    """Watch hashtags for so many buckets, as `posts.trends.services` does; return what would be released.

    With `tripled_at` (a watched bucket), hashtag 0 has `base` accounts a day and three times as many from then on.
    """
    random = np.random.default_rng([seed, hashtags])
    counts = _true_counts(random, hashtags, BUCKETS + watched, tripled_at, base)
    q = 1 - np.exp(-EPSILON)
    noisy = counts + random.geometric(q, counts.shape) - random.geometric(q, counts.shape)
    found: list[Alarm] = []
    for bucket in range(watched):
        window = slice(bucket + 1, bucket + 1 + BUCKETS)
        counted = np.flatnonzero(counts[:, window][:, -GATE_DAYS * PER_DAY :].sum(axis=1) >= K)
        rises = find_rising(
            noisy[counted][:, window], np.full(BUCKETS, ACTIVE / PER_DAY), noise_variance=variance_of_noise(EPSILON)
        )
        quiet = {alarm.tag for alarm in found if bucket - alarm.bucket < QUIET}
        shown = [int(counted[rise.row]) for rise in rises if rise.recent >= SHOWN_FROM]
        found += [Alarm(bucket, tag) for tag in shown if tag not in quiet]
    return found


def delay_h(seed: int, hashtags: int, *, base: float = 20.0, at_most_h: int = 24) -> float:
    """Return the hours from a tripling, at any hour of the day, to its release; infinite after `at_most_h`."""
    at = seed % PER_DAY
    found = alarms(seed, hashtags, at + at_most_h // BUCKET_H, tripled_at=at, base=base)
    # a bucket is looked at when it has ended
    return min(((alarm.bucket - at + 1) * BUCKET_H for alarm in found if alarm.tag == 0), default=np.inf)


def _true_counts(
    random: np.random.Generator, hashtags: int, buckets: int, tripled_at: int | None, base: float
) -> Floats:
    rates = MIDDLE_RATE * np.exp(RATES_SD * random.normal(size=hashtags))
    days = -(-buckets // PER_DAY)
    burstiness = random.uniform(0.001, BURSTIEST, size=(hashtags, 1))
    daily = random.gamma(1 / burstiness, burstiness, size=(hashtags, days))
    if tripled_at is not None:
        rates[0] = base
    expected = (daily * rates[:, None])[:, :, None] * HOURS_OF_DAY
    expected = expected.reshape(hashtags, -1)[:, :buckets]
    if tripled_at is not None:
        expected[0, BUCKETS + tripled_at :] *= 3
    return random.poisson(expected).astype(np.float64)
