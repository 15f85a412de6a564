"""An account's history as arrays, and the timeline that yields it as of any moment."""

import hashlib
import math
from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from posts.content import EMBEDDING_SIZE, EMBEDDING_STEPS, SLOTS
from predictions.engine.data.growth import (
    MEASURED,
    GrowthCurve,
    Target,
    distance_to_horizon,
    is_partial,
    is_usable,
    label_of,
)
from predictions.engine.estimators.counts import Measures, fill_likes
from predictions.engine.types import HORIZON, AccountHistory, Draft, Floats, PublishedPost

WINDOW = 400
"""At most this many of the latest posts are looked at, and kept in an account's state."""

MAX_TAGS = 16
CONTENT = (
    "duration", "length", "words", "questions", "exclamations", "emoji", "mentions", "links", "uppercase", "sentiment",
    "hashtags", "brightness", "contrast", "saturation", "colourfulness", "sharpness",
)  # fmt: skip
"""Columns of `History.numbers`; counts and durations as log1p."""

_WITHOUT_LIKES = 1e3
"""Added to the distance of an observation without likes: any that has them tells more."""

_LARGEST = 1e6
"""No measure of a content is as large."""


@dataclass(frozen=True, slots=True)
class Content:
    """What a post or draft consists of."""

    numbers: Floats  # (len(CONTENT),), NaN unknown
    embedding: NDArray[np.float32]  # (EMBEDDING_SIZE,), whole steps of 1 / EMBEDDING_STEPS
    tags: NDArray[np.uint64]  # (MAX_TAGS,), hashed, 0 where there are fewer
    sound: np.uint64  # hashed, 0 where unknown


def content_of(item: PublishedPost | Draft) -> Content:
    """The columns of a post's or a draft's content; numbers that make no sense count as unknown."""
    caption, cover = item.caption, item.cover
    duration = math.log1p(item.duration_s) if 0 <= item.duration_s < math.inf else math.nan
    counted = (caption.length, caption.words, caption.questions, caption.exclamations, caption.emoji)
    numbers = np.array(
        [
            duration,
            *(math.log1p(max(x, 0)) for x in counted),
            math.log1p(max(caption.mentions, 0)),
            math.log1p(max(caption.links, 0)),
            caption.uppercase_share,
            caption.sentiment,
            math.log1p(len(caption.hashtags)),
            *(
                (cover.brightness, cover.contrast, cover.saturation, cover.colourfulness, cover.sharpness)
                if cover
                else (math.nan,) * 5
            ),
        ]
    )
    numbers[~(np.abs(numbers) < _LARGEST)] = np.nan
    # Single precision, so that a stored state gives the very same forecasts.
    numbers = numbers.astype(np.float32).astype(np.float64)
    tags = np.zeros(MAX_TAGS, dtype=np.uint64)
    hashed = sorted({_hash(tag) for tag in caption.hashtags[:MAX_TAGS]})
    tags[: len(hashed)] = hashed
    sound = item.sound.strip().lower()
    return Content(numbers, caption.embedding.astype(np.float32), tags, np.uint64(_hash(sound) if sound else 0))


def _hash(text: str) -> int:
    digest = hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=8).digest()
    return int.from_bytes(digest, "little") or 1


@dataclass(frozen=True, slots=True)
class History:
    """n posts of one account in order of publishing, oldest first."""

    posted_at: NDArray[np.int64]  # (n,) epoch seconds
    logs: Floats  # (n, 4) label as log1p of likes, comments, shares, views; NaN unknown
    label_sd: Floats  # (n,) standard deviation of the likes' label, log units
    measured: NDArray[np.bool_]  # (n,)
    numbers: Floats  # (n, len(CONTENT))
    embedding: NDArray[np.float32]  # (n, EMBEDDING_SIZE)
    tags: NDArray[np.uint64]  # (n, MAX_TAGS)
    sound: NDArray[np.uint64]  # (n,)

    def __len__(self) -> int:
        return len(self.posted_at)

    @property
    def likes(self) -> Floats:
        """(n,) log1p likes, NaN unknown."""
        return self.logs[:, 0]

    def __getitem__(self, rows: slice | NDArray[np.intp] | NDArray[np.bool_]) -> Self:
        return type(self)(*(getattr(self, f.name)[rows] for f in fields(self)))

    def content(self, row: int) -> Content:
        """What one of the posts is made of."""
        return Content(self.numbers[row], self.embedding[row], self.tags[row], self.sound[row])

    def likeness(self, content: Content) -> Floats:
        """(n,) cosine of a draft's caption with each post's, by words and letter groups."""
        return _cosines(self.embedding[:, :SLOTS], content.embedding[:SLOTS])

    def kinship(self, content: Content) -> Floats:
        """(n,) cosine of a draft's caption with each post's, by what they are about; 0 where that is not known."""
        return _cosines(self.embedding[:, SLOTS:], content.embedding[SLOTS:])

    @classmethod
    def of_contents(cls, posted_at: Iterable[int], contents: list[Content]) -> Self:
        """Posts without labels yet."""
        n = len(contents)
        return cls(
            np.fromiter(posted_at, dtype=np.int64, count=n),
            np.full((n, 4), np.nan),
            np.zeros(n),
            np.zeros(n, dtype=np.bool_),
            np.array([c.numbers for c in contents]).reshape(n, len(CONTENT)),
            np.array([c.embedding for c in contents], dtype=np.float32).reshape(n, EMBEDDING_SIZE),
            np.array([c.tags for c in contents], dtype=np.uint64).reshape(n, MAX_TAGS),
            np.array([c.sound for c in contents], dtype=np.uint64),
        )

    def known_at(self, moment: int) -> Self:
        """The latest `WINDOW` posts whose horizon had passed by `moment` and that have a label."""
        end = int(np.searchsorted(self.posted_at, moment - HORIZON, side="right"))
        if not np.isnan(self.logs[:end, 0]).any():
            return self[max(0, end - WINDOW) : end]
        return self[np.flatnonzero(~np.isnan(self.logs[:end, 0]))[-WINDOW:]]

    def filled_at(self, moment: int, measures: Measures) -> Self:
        """As `known_at`, with likes that nobody counted filled in from the other counts, as estimated labels."""
        end = int(np.searchsorted(self.posted_at, moment - HORIZON, side="right"))
        if not np.isnan(self.logs[:end, 0]).any():
            return self.known_at(moment)
        passed = self[:end]
        logs, label_sd = fill_likes(measures, passed.posted_at, passed.logs, passed.label_sd)
        return replace(passed, logs=logs, label_sd=label_sd).known_at(moment)


def _cosines(embeddings: NDArray[np.float32], embedding: NDArray[np.float32]) -> Floats:
    products: NDArray[np.float32] = embeddings @ embedding
    return products.astype(np.float64) / EMBEDDING_STEPS**2


class Timeline:
    """An account's history moving through time: each label is the best that the observations made so far give.

    With `reconstruct`, a post that had no observation yet by then counts with its first later one. Training needs it,
    for histories that were fetched at once when somebody signed in; a forecast never does it. With `measures`, likes
    that nobody counted are filled in from the other counts.
    """

    def __init__(
        self,
        account: AccountHistory,
        curve: GrowthCurve,
        target: Target,
        *,
        until: int,
        reconstruct: bool = False,
        measures: Measures | None = None,
    ) -> None:
        posts = sorted((p for p in account.posts if p.posted_at <= until), key=lambda p: (p.posted_at, p.post_id))
        self.posts = posts
        self._curve, self._target, self._measures = curve, target, measures
        self._distance = np.full(len(posts), np.inf)
        self.known_from = np.array([p.posted_at + HORIZON for p in posts], dtype=np.int64)
        """(posts,) when each label came to be known; one later than can be measured stands in for a measured one."""
        self._all = History.of_contents((p.posted_at for p in posts), [content_of(p) for p in posts])
        self._events = sorted(
            (c.observed_at, i, k)
            for i, p in enumerate(posts)
            for k, c in enumerate(p.observations)
            if c.observed_at <= until and (is_usable(p.posted_at, c) or (measures and is_partial(p.posted_at, c)))
        )
        self._next = 0
        if reconstruct:
            seen = set()
            for _, i, k in self._events:
                if i not in seen:
                    self._observe(i, k)
                    seen.add(i)
            # What stands in for an observation gives way to the first real one, however far from the horizon that is.
            self._distance[:] = np.inf

    def contents(self) -> History:
        """All posts, those without a label too."""
        return self._all

    def advance(self, moment: int) -> None:
        """Take in all observations made by `moment`; it never goes back."""
        while self._next < len(self._events) and self._events[self._next][0] <= moment:
            _, i, k = self._events[self._next]
            self._observe(i, k)
            self._next += 1

    def known_at(self, moment: int) -> History:
        """The history as of `moment`; later calls may not ask for earlier moments."""
        self.advance(moment)
        return self._all.filled_at(moment, self._measures) if self._measures else self._all.known_at(moment)

    def _observe(self, i: int, k: int) -> None:
        post = self.posts[i]
        counts = post.observations[k]
        distance = distance_to_horizon(post.posted_at, counts) if self._target == "horizon" else 0.0
        if not is_usable(post.posted_at, counts):
            distance += _WITHOUT_LIKES
        if distance <= self._distance[i]:
            label = label_of(post.posted_at, counts, self._curve, self._target)
            self._distance[i] = distance
            self._all.logs[i], self._all.label_sd[i] = label.logs, label.sd
            self._all.measured[i] = label.measured and distance < _WITHOUT_LIKES
            if self._target == "horizon":
                counted_at = min(counts.observed_at, post.posted_at + MEASURED[1])
                self.known_from[i] = max(counted_at, post.posted_at + HORIZON)
