"""Decide whom to ask first where a platform's limits do not allow everything: pure, so that a simulation runs the same.

Two budgets are apart, since a platform limits each endpoint by itself: calls for counts, and looks for new posts.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from posts.platforms.base import Urgency

BEAT = timedelta(minutes=5)
"""Time between two looks for due work."""
URGENCY: dict[int, Urgency] = {
    1: Urgency.EARLY,
    6: Urgency.EARLY,
    24: Urgency.DAY,
    72: Urgency.LATE,
    168: Urgency.LATE,
}
"""Of counts at an age in hours."""
ON_TIME_S = 30 * 60.0
"""An observation that is later than that counts as late."""
CALLS_OF_ONE = 10
"""Calls for one account in one beat at most: whoever has many posts must not take the others' turn."""

HABIT_OF = timedelta(days=60)
"""Posts of this time show at which hours an account publishes."""
UNHABITUAL = 0.25
"""Share of an account's posts that are expected at any hour alike."""
ASSUMED_POSTS = 1.0
"""Posts in `HABIT_OF` that are expected of an account beside its own."""
NEAR = np.array([0.25, 0.5, 0.25])
"""Weights of a post for its own hour and the hours beside it."""


@dataclass(frozen=True, slots=True)
class Due:
    """A post of the account is to be observed at the age since `due_at` (epoch seconds)."""

    account_id: int
    age_h: int
    due_at: float


def in_turn(due: Iterable[Due], *, now: float, calls: int, batch_size: int) -> list[int]:
    """Return the accounts to observe in this beat, in the order of their turns, for at most so many calls.

    A turn comes by the most urgent age of the account's due posts; then by whether they can still be on time, or
    where calls are lacking all would be late; then by how long they are due. An account's posts are asked for together,
    `batch_size` a call, and it takes no more than `CALLS_OF_ONE`. `now` is in epoch seconds.
    """
    posts: dict[int, int] = defaultdict(int)
    turns: dict[int, tuple[Urgency, bool, float]] = {}
    for item in due:
        posts[item.account_id] += 1
        turn = (URGENCY[item.age_h], now - item.due_at > ON_TIME_S, item.due_at)
        turns[item.account_id] = min(turn, turns.get(item.account_id, turn))
    chosen = []
    for account_id in sorted(turns, key=lambda account_id: (turns[account_id], account_id)):
        calls -= min(-(-posts[account_id] // batch_size), CALLS_OF_ONE)
        if calls < 0:
            break
        chosen.append(account_id)
    return chosen


def posting_rates(times: Mapping[int, Sequence[datetime]], account_ids: Sequence[int]) -> NDArray[np.float64]:
    """Return the posts an hour to expect of each account at each hour of the UTC day, shape (accounts, 24).

    `times` are when each published in the last `HABIT_OF`.
    """
    counts = np.zeros((len(account_ids), 24))
    for row, account_id in enumerate(account_ids):
        for posted_at in times.get(account_id, ()):
            counts[row, posted_at.astimezone(UTC).hour] += 1
    return rates_of(counts)


def rates_of(counts: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the rates of `posting_rates` from the posts at each hour of the day, shape (accounts, 24)."""
    near = NEAR[0] * np.roll(counts, 1, axis=1) + NEAR[1] * counts + NEAR[2] * np.roll(counts, -1, axis=1)
    anyhow = (UNHABITUAL * counts.sum(axis=1, keepdims=True) + ASSUMED_POSTS) / 24
    rates: NDArray[np.float64] = ((1 - UNHABITUAL) * near + anyhow) / (HABIT_OF / timedelta(days=1))
    return rates


def tolerance(posts_per_minute: float, looks_per_minute: float) -> float:
    """Return the posts of an account that may be expected unseen before it is looked at again.

    With so many, looks at every account take what there is: in all they find `posts_per_minute`.
    """
    return posts_per_minute / max(looks_per_minute, 1e-9)


def hours_until_look(
    rates: NDArray[np.float64], *, hour: float, tolerated: float, shortest_h: float, longest_h: float
) -> NDArray[np.float64]:
    """Return after how many hours each account is to be looked at again, shape (accounts,).

    That is when `tolerated` posts are to be expected of it since `hour` (of the UTC day, with its fraction), within the
    two bounds; `rates` has shape (accounts, 24), in posts an hour.
    """
    first, part = int(hour) % 24, hour % 1
    # posts expected until the end of each hour ahead; the first and the last one are parts
    ahead = np.roll(rates, -first, axis=1)
    ahead = np.concatenate([ahead[:, :1] * (1 - part), ahead[:, 1:], ahead[:, :1] * part], axis=1)
    expected = ahead.cumsum(axis=1)
    ends = np.concatenate([np.arange(1, 25) - part, [24.0]])
    reached = np.minimum((expected < tolerated).sum(axis=1), 24)
    rows = np.arange(len(rates))
    lacking = expected[rows, reached] - tolerated
    rate = np.maximum(rates[rows, (first + reached) % 24], 1e-9)
    hours = np.where(lacking >= 0, ends[reached] - lacking / rate, longest_h)
    return np.clip(hours, shortest_h, longest_h)
