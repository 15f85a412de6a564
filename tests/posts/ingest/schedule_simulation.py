"""Simulate the schedule for many accounts: the policy's own functions, a stand-in for the calls and the database."""

import heapq
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from posts.ingest.policy import (
    BEAT,
    CALLS_OF_ONE,
    HABIT_OF,
    ON_TIME_S,
    URGENCY,
    Due,
    hours_until_look,
    in_turn,
    rates_of,
    tolerance,
)
from posts.ingest.selectors import HALF_A_BEAT, LIST_EVERY, LIST_QUIET_EVERY, WINDOWS
from posts.platforms.base import Urgency
from posts.platforms.tiktok.client import QUERY_SIZE
from posts.platforms.tiktok.limits import calls_per_minute

HOUR_S = 3600.0
BEAT_H = BEAT / timedelta(hours=1)
BUSY_HOUR = 18.0
"""Hour of the UTC day around which most accounts publish."""
WARM_UP_H = 24.0


@dataclass(frozen=True)
class Creators:
    """`accounts` creators with `per_week` posts each in the mean, from one a month to several a day.

    Four posts in five come within hours of an account's own.
    """

    accounts: int
    per_week: float = 3.0
    seed: int = 1

    def drawn(self, hours: float) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.float64]]:
        """Return times (hours) and accounts of posts from 8 days ago on, and the past posts by hour of the day."""
        rng = np.random.default_rng(self.seed)
        spread = 0.8
        weekly = self.per_week * np.exp(rng.normal(-(spread**2) / 2, spread, self.accounts))
        own_hour = BUSY_HOUR + 24 / (2 * np.pi) * rng.vonmises(0, 1.0, self.accounts)
        history = rng.poisson(weekly * (HABIT_OF / timedelta(days=7)))
        counts = np.zeros((self.accounts, 24))
        account = np.repeat(np.arange(self.accounts), history)
        np.add.at(counts, (account, self._hours_of(rng, own_hour[account]).astype(int)), 1)
        days = 8 + int(np.ceil(hours / 24))
        account = np.repeat(np.arange(self.accounts), rng.poisson(weekly * days / 7))
        posted = (rng.integers(0, days, len(account)) - 8) * 24 + self._hours_of(rng, own_hour[account])
        order = np.lexsort((posted, account))
        return posted[order], account[order], counts

    def _hours_of(self, rng: np.random.Generator, own_hour: NDArray[np.float64]) -> NDArray[np.float64]:
        near = own_hour + rng.normal(0, 1.5, len(own_hour))
        hours: NDArray[np.float64] = np.where(rng.random(len(near)) < 0.8, near, rng.uniform(0, 24, len(near))) % 24
        return hours


@dataclass(frozen=True)
class Outcome:
    """What became of the observations that were due after the warm-up, by age in hours."""

    on_time: dict[int, float]
    """Share observed within 30 minutes."""
    observed: dict[int, float]
    """Share observed within the window."""
    on_time_quarters: dict[int, tuple[float, float]]
    """Share on time of the least and of the most active quarter of accounts."""
    never_at_24_h: float
    """Share of accounts with posts of which none was observed at 24 h."""
    calls_per_minute: float
    """For counts."""
    looks_per_minute: float


def simulate(
    creators: Creators,
    *,
    hours: float = 96.0,
    capacity: float = 1.0,
    outage: tuple[float, float] = (0.0, 0.0),
    by_habit: bool = True,
) -> Outcome:
    """Run the schedule for so many hours; `capacity` is a share of TikTok's limits, `outage` from and until (h).

    Without `by_habit` every account is expected to publish at any hour alike.
    """
    posted, account_of, counts = creators.drawn(hours)
    if not by_habit:
        counts = np.broadcast_to(counts.mean(axis=1, keepdims=True), counts.shape)
    rates = rates_of(counts)
    minutes = BEAT / timedelta(minutes=1)
    calls = int(calls_per_minute(Urgency.DAY) * capacity * minutes)
    looks = int(calls_per_minute(Urgency.LOOK) * capacity * minutes)
    tolerated = tolerance(creators.accounts * creators.per_week / 7 / 24 / 60, looks / minutes)

    starts = np.searchsorted(account_of, np.arange(creators.accounts + 1))
    unseen = np.array([starts[a] + np.searchsorted(posted[starts[a] : starts[a + 1]], 0.0) for a in range(len(counts))])
    beyond = np.append(posted, np.inf)
    ends = starts[1:]
    listed = np.random.default_rng(0).uniform(-6, 0, creators.accounts)
    look_at = listed.copy()

    ahead: list[tuple[float, int, int]] = []
    late: dict[tuple[int, int], float] = {}
    waiting: dict[int, set[tuple[int, int]]] = defaultdict(set)

    def found(posts: Iterable[int], now: float) -> None:
        for post in posts:
            for age_h in WINDOWS:
                if posted[post] + age_h >= now - WINDOWS[age_h] / timedelta(hours=1):
                    heapq.heappush(ahead, (posted[post] + age_h - HALF_A_BEAT / timedelta(hours=1), post, age_h))

    known = np.flatnonzero(posted < 0)
    # what was due before has been observed
    found(known.tolist(), 0.0)
    ahead = [item for item in ahead if item[0] >= 0]
    heapq.heapify(ahead)
    asked = looked = 0
    for beat in range(round(hours / BEAT_H)):
        now = beat * BEAT_H
        while ahead and ahead[0][0] <= now:
            _, post, age_h = heapq.heappop(ahead)
            waiting[int(account_of[post])].add((post, age_h))
        for account in list(waiting):
            waiting[account] = {
                (post, age_h)
                for post, age_h in waiting[account]
                if now < posted[post] + age_h + WINDOWS[age_h] / timedelta(hours=1)
            }
            if not waiting[account]:
                del waiting[account]
        if outage[0] <= now < outage[1]:
            continue
        due = [
            Due(account, age_h, (posted[post] + age_h) * HOUR_S)
            for account, items in waiting.items()
            for post, age_h in items
        ]
        for account in in_turn(due, now=now * HOUR_S, calls=calls, batch_size=QUERY_SIZE):
            items = sorted(waiting[account], key=lambda item: URGENCY[item[1]])[: CALLS_OF_ONE * QUERY_SIZE]
            asked += -(-len(items) // QUERY_SIZE)
            for post, age_h in items:
                late[post, age_h] = now - posted[post] - age_h
            waiting[account] -= set(items)
            if not waiting[account]:
                del waiting[account]
        ready = np.flatnonzero((look_at <= now) & (listed <= now - LIST_EVERY / timedelta(hours=1)))
        ids = ready[np.argsort(look_at[ready], kind="stable")][:looks]
        looked += len(ids)
        listed[ids] = now
        look_at[ids] = now + hours_until_look(
            rates[ids],
            hour=now % 24,
            tolerated=tolerated,
            shortest_h=LIST_EVERY / timedelta(hours=1),
            longest_h=LIST_QUIET_EVERY / timedelta(hours=1),
        )
        first = unseen[ids]
        for account in ids[(first < ends[ids]) & (beyond[first] <= now)]:
            until = starts[account] + np.searchsorted(posted[starts[account] : ends[account]], now)
            found(range(unseen[account], until), now)
            unseen[account] = until
    return _outcome(posted, account_of, late, hours, asked, looked)


def _outcome(
    posted: NDArray[np.float64],
    account_of: NDArray[np.int64],
    late: dict[tuple[int, int], float],
    hours: float,
    asked: int,
    looked: int,
) -> Outcome:
    active = np.bincount(account_of)
    few, many = np.quantile(active[active > 0], [0.25, 0.75])
    on_time, observed, quarters, never = {}, {}, {}, 0.0
    for age_h in WINDOWS:
        end = hours - WINDOWS[age_h] / timedelta(hours=1)
        judged = np.flatnonzero((posted + age_h >= WARM_UP_H) & (posted + age_h < end))
        lateness = np.array([late.get((int(post), age_h), np.inf) for post in judged])
        punctual = lateness <= ON_TIME_S / HOUR_S
        on_time[age_h], observed[age_h] = float(punctual.mean()), float(np.isfinite(lateness).mean())
        activity = active[account_of[judged]]
        quarters[age_h] = (float(punctual[activity <= few].mean()), float(punctual[activity >= many].mean()))
        if age_h == 24:
            seen = np.zeros(len(active), bool)
            np.logical_or.at(seen, account_of[judged], np.isfinite(lateness))
            never = float(1 - seen[np.unique(account_of[judged])].mean())
    minutes = hours * 60
    return Outcome(on_time, observed, quarters, never, asked / minutes, looked / minutes)
