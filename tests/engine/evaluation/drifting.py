"""Misses of simulated accounts, to see how often drift is told of, and how soon."""

from collections.abc import Iterable

import numpy as np

from predictions.engine.data.labels import EARLY
from predictions.engine.evaluation.drift import Change, Episode, Finding, ForecastErrors, judge
from predictions.engine.types import DAY, HORIZON, HOUR

NORMAL_80 = 1.2816
EARLY_SHARE, EARLY_NOISE = 0.8, 0.4
"""An hour's miss is that much of the first day's, and chance."""


def simulated(
    seed: int, *, accounts: int = 40, days: int = 65, bias: float = 0.1, rhythm: float = 0.08, shock: float = 0.08,
    growth: float = 1.0, at: int = 0, level: float = 0.0, spread: float = 1.0,
) -> ForecastErrors:  # fmt: skip
    """Heavy-tailed misses (Student t, four degrees of freedom) of accounts that post at their own pace and hours.

    Each account has a bias and a noise of its own, each weekday too, and each day a shock that half lasts (standard
    deviations `bias`, `rhythm`, `shock`). With `growth`, that many times the first accounts are there at the end. From
    `at` (seconds) on, misses of what is published move by `level` and are `spread` times as wide.
    """
    random = np.random.default_rng([seed, accounts])
    pace = np.clip(np.exp(random.normal(np.log(0.7), 0.7, accounts)), 0.1, 3.0)
    begins = np.where(random.random(accounts) < 1 / growth, 0, random.uniform(0, days * DAY, accounts))
    hour, own = random.uniform(0, 24, accounts), random.normal(0, bias, accounts)
    noise = random.uniform(0.6, 1.2, accounts)
    account = np.repeat(np.arange(accounts), random.poisson(pace * days))
    posted_at = random.integers(0, days, len(account)) * DAY
    posted_at = posted_at + ((hour[account] + random.normal(0, 2, len(account))) % 24 * HOUR).astype(np.int64)
    there = posted_at >= begins[account]
    account, posted_at = account[there], posted_at[there]
    weekday, shocks = random.normal(0, rhythm, 7), random.normal(0, shock, days)
    for day in range(1, days):
        shocks[day] = 0.5 * shocks[day - 1] + 0.75**0.5 * shocks[day]
    miss = random.standard_t(4, len(account)) / 2**0.5 * noise[account]
    miss += own[account] + weekday[posted_at // DAY % 7] + shocks[posted_at // DAY]
    changed = posted_at >= (at or days * DAY)
    miss = np.where(changed, miss * spread + level, miss)
    early = EARLY_SHARE * miss + random.normal(0, EARLY_NOISE, len(miss))
    return ForecastErrors(
        np.tile(account, 2),
        np.tile(posted_at, 2),
        np.repeat([HORIZON, EARLY], len(miss)),
        np.append(miss, early),
        np.abs(np.append(miss, early)) < NORMAL_80,
    )


def first_days(misses: ForecastErrors) -> ForecastErrors:
    """Without what is known of posts an hour old."""
    return misses[misses.age == HORIZON]


def watch(misses: ForecastErrors, moments: Iterable[int]) -> list[tuple[int, Finding]]:
    """What was found at each moment, with the episodes kept as the service keeps them."""
    episodes: list[Episode] = []
    found = []
    for now in moments:
        finding = judge(misses, now=now, episodes=episodes)
        if finding.verdict == "alarm":
            episodes.append(Episode(finding.worst.since, now))
        elif finding.verdict == "settled":
            episodes[-1] = Episode(episodes[-1].since, episodes[-1].raised_at, now)
        found.append((now, finding))
    return found


def alarms(misses: ForecastErrors, moments: Iterable[int]) -> list[tuple[int, Change]]:
    """When it rang, and for what."""
    return [(now, finding.worst) for now, finding in watch(misses, moments) if finding.verdict == "alarm"]
