"""An account's history as arrays, and the timeline that yields it as of any moment."""

import hashlib
import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from itertools import chain
from typing import Self

import numpy as np
from numpy.typing import NDArray

from posts.content.captions import CaptionMeasures
from posts.content.embeddings import EMBEDDING_SIZE, EMBEDDING_STEPS, SLOTS
from predictions.engine.data.growth import GrowthCurve, is_usable
from predictions.engine.data.labels import (
    MEASURED,
    FillIn,
    Target,
    can_fill_in,
    distance_to_horizon,
    filled_label,
    label_of,
)
from predictions.engine.types import COUNTS, HORIZON, AccountHistory, Columns, Draft, Floats, PublishedPost

WINDOW = 400
"""Latest posts that features are computed from and that a learned account keeps."""

MAX_TAGS = 16
COVER = ("brightness", "contrast", "saturation", "colourfulness", "sharpness")
CONTENT = (
    "duration", "length", "words", "questions", "exclamations", "emoji", "mentions", "links", "uppercase", "sentiment",
    "hashtags", *COVER,
)  # fmt: skip
"""Columns of `History.numbers`; counts and durations as log1p."""

FEATURES_VERSION = 6
"""Raise it whenever the same history and draft would give other features."""

_LARGEST = 1e6
"""Larger content measures are treated as unknown."""


@dataclass(frozen=True, slots=True)
class Content:
    """The content of a post or draft."""

    numbers: Floats  # (len(CONTENT),), NaN unknown
    embedding: NDArray[np.float32]  # (EMBEDDING_SIZE,), whole steps of 1 / EMBEDDING_STEPS
    tags: NDArray[np.uint64]  # (MAX_TAGS,), hashed, 0 where there are fewer
    sound: np.uint64  # hashed, 0 unknown


def content_of(item: PublishedPost | Draft) -> Content:
    """Return the content of a post or draft as numbers; implausible ones become unknown."""
    caption = item.caption
    duration = math.log1p(item.duration_s) if 0 <= item.duration_s < math.inf else math.nan
    amounts = (
        caption.length, caption.words, caption.questions, caption.exclamations, caption.emoji, caption.mentions,
        caption.links,
    )  # fmt: skip
    cover = (getattr(item.cover, name, math.nan) for name in COVER)
    logs = (math.log1p(max(amount, 0)) for amount in amounts)
    # a tone that cannot be read counts as neutral, as it did when every language was read as English
    shares = (caption.uppercase_share, caption.sentiment or 0.0, math.log1p(len(caption.hashtags)))
    numbers = np.array([duration, *logs, *shares, *cover])
    numbers[~(np.abs(numbers) < _LARGEST)] = np.nan
    # single precision, so that a stored account gives the same forecasts to the bit
    numbers = numbers.astype(np.float32).astype(np.float64)
    sound = item.sound.strip().lower()
    hashed = np.uint64(hash_of(sound) if sound else 0)
    return Content(numbers, caption.embedding.astype(np.float32), hashed_tags(caption), hashed)


def hashed_tags(caption: CaptionMeasures) -> NDArray[np.uint64]:
    """Return the caption's first `MAX_TAGS` hashtags as `Content.tags` has them."""
    tags = np.zeros(MAX_TAGS, dtype=np.uint64)
    hashes = sorted({hash_of(tag) for tag in caption.hashtags[:MAX_TAGS]})
    tags[: len(hashes)] = hashes
    return tags


def hash_of(text: str) -> int:
    """Return the number that stands for a hashtag or a sound, never 0."""
    digest = hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=8).digest()
    return int.from_bytes(digest, "little") or 1


@dataclass(frozen=True, slots=True)
class History(Columns):
    """n posts of one account in order of publishing, oldest first."""

    posted_at: NDArray[np.int64]  # (n,) epoch seconds
    logs: Floats  # (n, 4) labels as log1p of COUNTS, NaN unknown
    label_sd: Floats  # (n,) standard deviation of the likes' label, log units
    measured: NDArray[np.bool_]  # (n,)
    rounded: NDArray[np.bool_]  # (n,) whether the label rests on rounded counts
    ratio_sd: Floats  # (n,) as in `Label`; NaN for counted likes
    numbers: Floats  # (n, len(CONTENT))
    embedding: NDArray[np.float32]  # (n, EMBEDDING_SIZE)
    tags: NDArray[np.uint64]  # (n, MAX_TAGS)
    sound: NDArray[np.uint64]  # (n,)

    @property
    def likes(self) -> Floats:
        """(n,) log1p likes, NaN unknown."""
        return self.logs[:, 0]

    @property
    def filled(self) -> NDArray[np.bool_]:
        """(n,) whether the likes were withheld and are worked out from another count."""
        return ~np.isnan(self.ratio_sd)

    @property
    def counted_logs(self) -> Floats:
        """(n, 4) labels as log1p of COUNTS, NaN unknown, also for likes that were filled in."""
        logs = self.logs.copy()
        logs[self.filled, 0] = np.nan
        return logs

    def content(self, row: int) -> Content:
        """Return the content of one post."""
        return Content(self.numbers[row], self.embedding[row], self.tags[row], self.sound[row])

    def text_similarity(self, content: Content) -> Floats:
        """Return the cosine (n,) of a draft's caption with each post's, by words and letter groups."""
        return _cosines(self.embedding[:, :SLOTS], content.embedding[:SLOTS])

    def topic_similarity(self, content: Content) -> Floats:
        """Return the cosine (n,) of a draft's topic with each post's; 0 where a topic is unknown."""
        return _cosines(self.embedding[:, SLOTS:], content.embedding[SLOTS:])

    @classmethod
    def of_contents(cls, posted_at: Iterable[int], contents: list[Content]) -> Self:
        """Return posts without labels."""
        n = len(contents)
        return cls(
            np.fromiter(posted_at, dtype=np.int64, count=n),
            np.full((n, len(COUNTS)), np.nan),
            np.zeros(n),
            np.zeros(n, dtype=np.bool_),
            np.zeros(n, dtype=np.bool_),
            np.full(n, np.nan),
            np.array([c.numbers for c in contents]).reshape(n, len(CONTENT)),
            np.array([c.embedding for c in contents], dtype=np.float32).reshape(n, EMBEDDING_SIZE),
            np.array([c.tags for c in contents], dtype=np.uint64).reshape(n, MAX_TAGS),
            np.array([c.sound for c in contents], dtype=np.uint64),
        )

    def known_at(self, moment: int) -> Self:
        """Return the latest `WINDOW` posts that have a label and whose horizon had passed by `moment`."""
        end = int(np.searchsorted(self.posted_at, moment - HORIZON, side="right"))
        labelled = ~np.isnan(self.likes[:end])
        # a slice is a view: most histories have all labels
        return self[max(0, end - WINDOW) : end] if labelled.all() else self[np.flatnonzero(labelled)[-WINDOW:]]


def _cosines(embeddings: NDArray[np.float32], embedding: NDArray[np.float32]) -> Floats:
    products: NDArray[np.float32] = embeddings @ embedding
    return products.astype(np.float64) / EMBEDDING_STEPS**2


class Timeline:
    """An account's history moving through time: each label is the best that the observations made so far give.

    With `fill`, likes that were withheld are worked out from the post's other counts, by what the account's earlier
    posts tell when those counts come; a label with counted likes always wins. With `reconstruct`, a post without an
    observation so far has the label of its first later one. Training on histories that were fetched at once needs that;
    a forecast never uses it.
    """

    def __init__(
        self,
        account: AccountHistory,
        curve: GrowthCurve,
        target: Target,
        *,
        until: int,
        fill: FillIn | None = None,
        reconstruct: bool = False,
    ) -> None:
        """Start before the first post; posts and observations after `until` (epoch seconds) are left out."""
        posts = sorted((p for p in account.posts if p.posted_at <= until), key=lambda p: (p.posted_at, p.post_id))
        self.posts = posts
        self.known_from = np.array([p.posted_at + HORIZON for p in posts], dtype=np.int64)
        """(posts,) when each label became known: at the latest when a measured one could have been."""
        self._curve, self._target, self._fill = curve, target, fill
        self._distance = np.full(len(posts), np.inf)
        self._history = History.of_contents((p.posted_at for p in posts), [content_of(p) for p in posts])
        # of one moment those with likes come first: the others are filled in with their help
        self._events = sorted(
            (c.observed_at, not counted, i, k)
            for i, p in enumerate(posts)
            for k, c in enumerate(p.observations)
            if c.observed_at <= until
            and ((counted := is_usable(p.posted_at, c)) or (fill is not None and can_fill_in(p.posted_at, c)))
        )
        self._next = 0
        if reconstruct:
            counted_first = [[event for event in self._events if event[1] is withheld] for withheld in (False, True)]
            for _, withheld, i, k in chain(*map(reversed, counted_first)):
                self._label(i, k, withheld=withheld)

    def contents(self) -> History:
        """Return all posts, also those without a label."""
        return self._history

    def advance(self, moment: int) -> None:
        """Use all observations made by `moment`, which is not before that of an earlier call."""
        while self._next < len(self._events) and self._events[self._next][0] <= moment:
            _, withheld, i, k = self._events[self._next]
            self._next += 1
            post = self.posts[i]
            distance = distance_to_horizon(post.posted_at, post.observations[k]) if self._target == "horizon" else 0.0
            # counted likes take the place of filled in ones, however near to the horizon those were counted
            is_better = distance <= self._distance[i] or (not withheld and self._history.filled[i])
            if is_better and self._label(i, k, withheld=withheld):
                self._distance[i] = distance

    def known_at(self, moment: int) -> History:
        """Return the history as of `moment`, which is not before that of an earlier call."""
        self.advance(moment)
        return self._history.known_at(moment)

    def _label(self, i: int, k: int, *, withheld: bool) -> bool:
        """Label post i by its k-th observation, and return whether it was: withheld likes replace no counted ones."""
        post, history = self.posts[i], self._history
        counts = post.observations[k]
        if withheld and self._fill is not None:
            if not (np.isnan(history.likes[i]) or history.filled[i]):
                return False
            earlier = np.flatnonzero(~np.isnan(history.likes[:i]) & ~history.filled[:i])
            fill = partial(self._fill, history.posted_at[earlier], history.logs[earlier])
            label = filled_label(post.posted_at, counts, self._curve, self._target, fill)
        else:
            label = label_of(post.posted_at, counts, self._curve, self._target)
        history.logs[i], history.label_sd[i] = label.logs, label.sd
        history.measured[i], history.rounded[i], history.ratio_sd[i] = label.measured, label.rounded, label.ratio_sd
        if self._target == "horizon":
            counted_at = min(counts.observed_at, post.posted_at + MEASURED[1])
            self.known_from[i] = max(counted_at, post.posted_at + HORIZON)
        return True
