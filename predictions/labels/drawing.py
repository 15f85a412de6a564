"""Choosing pairs of posts that are hard to tell apart by anything but their captions. Pure."""

import random
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import combinations

NEAR = timedelta(days=7)
"""Time between the two posts at most: the account's audience is then about the same."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A post whose caption can be compared."""

    pk: int
    posted_at: datetime
    fingerprint: str


def draw_near(
    posts: Sequence[Candidate], drawn: Collection[frozenset[int]], count: int, chance: random.Random
) -> list[tuple[int, int]]:
    """Return up to `count` pairs (left, right) of posts near in time that were not drawn, each post at most once.

    Posts with the same caption are no pair. Which one stands left is drawn.
    """
    near = [
        (first.pk, second.pk)
        for first, second in combinations(posts, 2)
        if abs(first.posted_at - second.posted_at) <= NEAR
        and first.fingerprint != second.fingerprint
        and frozenset((first.pk, second.pk)) not in drawn
    ]
    chance.shuffle(near)
    chosen: list[tuple[int, int]] = []
    used: set[int] = set()
    for pair in near:
        if len(chosen) == count:
            break
        if used.isdisjoint(pair):
            used.update(pair)
            chosen.append(pair if chance.random() < 0.5 else pair[::-1])
    return chosen
