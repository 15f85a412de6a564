"""Count the accounts that use each hashtag, by buckets of time. Pure: no Django."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from posts.trends.detection import BUCKET_H, BUCKETS, PER_DAY

HOUR = 3600
DAY = 24 * HOUR
BUCKET = BUCKET_H * HOUR
GATE_DAYS = 7
"""Days in which as many accounts as the anonymity threshold must have used a hashtag for it to be counted at all."""

EVERYBODY = ""
"""Stands in a hashtag's place for publishing at all."""


@dataclass(frozen=True, slots=True)
class Use:
    """A post as trends see it."""

    account: int
    known_at: int
    """Epoch seconds from which Postcast knew the post."""
    hashtags: tuple[str, ...]
    language: str


@dataclass(frozen=True, slots=True)
class Counted:
    """True counts of one hashtag; they leave the process only with noise."""

    buckets: NDArray[np.int64]
    """(BUCKETS,) accounts, oldest first."""
    latest: Mapping[int, str]
    """Account -> language of its caption, of those that count in the last 24 h."""


def bucket_end(moment: int) -> int:
    """Return the end of the last bucket that is complete at the moment, both in epoch seconds."""
    return moment // BUCKET * BUCKET


def count_uses(uses: Iterable[Use], end: int, *, threshold: int) -> dict[str, Counted]:
    """Return the counts until `end` (epoch seconds) of the hashtags that many accounts use, and of EVERYBODY.

    Uses come in the order in which they became known; what became known after `end` is left out. A use counts unless
    its account used the hashtag in the 24 h before: in 24 h no account counts twice, however much it publishes. At
    least `threshold` accounts must have used a hashtag in the last `GATE_DAYS`; EVERYBODY is always there.
    """
    start = end - BUCKETS * BUCKET
    last_use: dict[tuple[str, int], int] = {}
    buckets: defaultdict[str, NDArray[np.int64]] = defaultdict(lambda: np.zeros(BUCKETS, dtype=np.int64))
    users: defaultdict[str, set[int]] = defaultdict(set)
    latest: defaultdict[str, dict[int, str]] = defaultdict(dict)
    for use in uses:
        if use.known_at > end:
            break
        for tag in {EVERYBODY, *use.hashtags}:
            before = last_use.get((tag, use.account))
            last_use[tag, use.account] = use.known_at
            if use.known_at <= start or (before is not None and use.known_at - before < DAY):
                continue
            # what became known just when a bucket ended was known by its end
            buckets[tag][(use.known_at - start - 1) // BUCKET] += 1
            if use.known_at > end - GATE_DAYS * DAY:
                users[tag].add(use.account)
            if use.known_at > end - PER_DAY * BUCKET:
                latest[tag][use.account] = use.language
    return {
        tag: Counted(buckets[tag], latest[tag])
        for tag in sorted({*buckets, EVERYBODY})
        if tag == EVERYBODY or len(users[tag]) >= threshold
    }
