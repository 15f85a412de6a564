"""Decide what becomes of imported rows: which posts are known, by id or else by time and caption, and what is new.

The dry run and the storing decide by the same rules; the storing does so again under the account's lock.
"""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from django.db.models import QuerySet

from accounts.models import TikTokAccount
from posts.content.captions import EXTRACTOR_VERSION, measure_caption
from posts.content.embeddings import EMBEDDING_STEPS, SLOTS
from posts.ingest.fingerprints import caption_fingerprint
from posts.models import ImportRow, Observation, Post, PostContent
from posts.platforms.base import FetchedCounts
from posts.platforms.exports import ImportedRow

Outcome = ImportRow.Outcome

SAME_TIME = timedelta(minutes=2)
"""Clocks and cut-off seconds differ by less; nobody publishes the same caption twice in it."""
ALIKE = 0.9
"""Cosine of two captions' words from which on they count as one, written down twice."""
TIKTOK_DIGITS = 15
"""Digits that TikTok's own ids have at least."""

_FILLED = ("caption", "duration_s", "share_url", "is_ai_generated")
_NAMELESS = "has no id in its link, and no post of that time with this caption is known"
_FOREIGN = "has an id that is not TikTok's, and no post of that time with this caption is known"


@dataclass(frozen=True, slots=True)
class Decision:
    """Outcome of a row. `id` is that of its post here; `post` is None for a post that is not stored yet."""

    row: ImportedRow
    outcome: ImportRow.Outcome
    reason: str = ""
    id: str = ""
    post: Post | None = None
    observed_at: datetime | None = None
    """The moment of the observation to add; None: there is none to add."""


@dataclass(slots=True)
class _Known:
    """A post that rows were decided about: stored, or new in this file."""

    id: str
    post: Post | None
    posted_at: datetime
    fingerprint: str
    missing: set[str]
    """Members that are not known of it, and that a row could fill in."""
    first_row: int | None = None
    """The first row of the file about it; None until there is one."""


class Matcher:
    """Decides about the rows of one import in their order; it remembers those before."""

    def __init__(self, account: TikTokAccount, observed_at: datetime) -> None:
        """`observed_at` is the moment of counts whose row does not tell one."""
        self._account, self._observed_at = account, observed_at
        self._by_id: dict[str, _Known] = {}
        self._near = _Near()
        self._observed: set[tuple[str, datetime]] = set()

    def decide(self, rows: Sequence[ImportedRow]) -> list[Decision]:
        """Return a decision for each row: four queries for all of them."""
        self._load(rows)
        self._load_near(rows)
        return [self._decide(row) for row in rows]

    def _decide(self, row: ImportedRow) -> Decision:
        known = self._by_id.get(row.id) if row.id else None
        if known is None and row.posted_at is not None:
            known = self._near.post_of(row)
        if known is None:
            return self._new(row)
        moment = row.observed_at or self._observed_at
        if moment < known.posted_at:
            return Decision(row, Outcome.SKIPPED, "has counts from before its post was published")
        repeats, is_first = known.first_row, known.first_row is None
        if repeats is not None and row.observed_at is None:
            return Decision(row, Outcome.UNCHANGED, f"is the same post as row {repeats}", known.id, known.post)
        known.first_row = row.number if is_first else repeats
        counted = _are_known(row.counts) and (known.id, moment) not in self._observed
        fills = known.missing & _told(row)
        if not counted and not fills:
            return Decision(row, Outcome.UNCHANGED, "is known already", known.id, known.post)
        known.missing -= fills
        if counted:
            self._observed.add((known.id, moment))
        outcome = Outcome.MERGED if is_first or not counted else Outcome.OBSERVED
        return Decision(row, outcome, "", known.id, known.post, moment if counted else None)

    def _new(self, row: ImportedRow) -> Decision:
        if row.posted_at is None:
            return Decision(row, Outcome.SKIPPED, "names no post that is known here, and has no posted_at")
        moment = row.observed_at or self._observed_at
        if moment < row.posted_at:
            return Decision(row, Outcome.SKIPPED, "was published after the file came")
        is_file = self._account.platform == TikTokAccount.Platform.FILE
        fingerprint = caption_fingerprint(row.caption)
        post_id = row.id
        if not post_id and is_file and fingerprint:
            # nothing else of the post will ever come that names it otherwise
            post_id = f"at-{int(row.posted_at.timestamp())}-{fingerprint[:12]}"
        if not post_id:
            return Decision(row, Outcome.SKIPPED, _NAMELESS)
        if not is_file and not _is_tiktoks(post_id):
            return Decision(row, Outcome.SKIPPED, _FOREIGN)
        known = _Known(post_id, None, row.posted_at, fingerprint, {*_FILLED} - _told(row), row.number)
        self._by_id[post_id] = known
        self._near.add(known)
        counted = _are_known(row.counts)
        if counted:
            self._observed.add((post_id, moment))
        return Decision(row, Outcome.NEW, "", post_id, None, moment if counted else None)

    def _load(self, rows: Sequence[ImportedRow]) -> None:
        """Read the posts that the rows name, and which of their counts are there."""
        ids = {row.id for row in rows if row.id} - self._by_id.keys()
        for post in self._posts().filter(tiktok_id__in=ids):
            self._by_id[post.tiktok_id] = _known(post)
        self._load_observed(rows, [known for known in map(self._by_id.get, ids) if known is not None])

    def _load_near(self, rows: Sequence[ImportedRow]) -> None:
        """Read the posts about the time of those rows whose id is not known."""
        unknown = [row for row in rows if row.posted_at and row.id not in self._by_id]
        if not unknown:
            return
        moments = [row.posted_at for row in unknown if row.posted_at]
        around = self._posts().filter(posted_at__range=(min(moments) - SAME_TIME, max(moments) + SAME_TIME))
        if all(_is_tiktoks(row.id) for row in unknown):
            around = around.exclude(tiktok_id__regex=rf"^[0-9]{{{TIKTOK_DIGITS},}}$")
        stored = [self._by_id.setdefault(post.tiktok_id, _known(post)) for post in around]
        self._load_observed(rows, stored)
        for known in stored:
            self._near.add(known)

    def _load_observed(self, rows: Sequence[ImportedRow], known: Sequence[_Known]) -> None:
        moments = {row.observed_at or self._observed_at for row in rows}
        posts = [each.post for each in known if each.post is not None]
        seen = Observation.objects.filter(post__in=posts, observed_at__in=moments)
        self._observed.update(seen.order_by().values_list("post__tiktok_id", "observed_at"))

    def _posts(self) -> QuerySet[Post]:
        return Post.objects.filter(account=self._account.pk).select_related("account", "content").order_by("posted_at")


class _Near:
    """Posts in order of publishing, to be found by time and caption."""

    def __init__(self) -> None:
        self._known: list[_Known] = []
        self._ids: set[str] = set()

    def add(self, known: _Known) -> None:
        """Take in a post, once."""
        if known.id in self._ids:
            return
        self._ids.add(known.id)
        place = bisect_left(self._known, known.posted_at, key=lambda each: each.posted_at)
        self._known.insert(place, known)

    def post_of(self, row: ImportedRow) -> _Known | None:
        """Return the one post that the row is about by its time and caption; None without one, or with several."""
        assert row.posted_at is not None
        start = bisect_left(self._known, row.posted_at - SAME_TIME, key=lambda each: each.posted_at)
        around = []
        for each in self._known[start:]:
            if each.posted_at > row.posted_at + SAME_TIME:
                break
            # two different ids of TikTok are two posts
            if not (_is_tiktoks(row.id) and _is_tiktoks(each.id)):
                around.append(each)
        if not around:
            return None
        fingerprint = caption_fingerprint(row.caption)
        if not fingerprint:
            # the layout may have no captions at all: then the time tells, if there is one post and no id against it
            return around[0] if len(around) == 1 and (not row.id or not around[0].fingerprint) else None
        same = [each for each in around if each.fingerprint == fingerprint]
        alike = same or [each for each in around if _is_alike(each, row.caption)]
        return alike[0] if len(alike) == 1 else None


def _is_alike(known: _Known, caption: str) -> bool:
    content: PostContent | None = getattr(known.post, "content", None)
    if content is None or not content.caption_fingerprint or content.extractor_version != EXTRACTOR_VERSION:
        return False
    ours, theirs = content.caption_measures, measure_caption(caption)
    product = np.dot(ours.embedding[:SLOTS].astype(np.int64), theirs.embedding[:SLOTS].astype(np.int64))
    return ours.hashtags == theirs.hashtags and float(product) / EMBEDDING_STEPS**2 >= ALIKE


def _known(post: Post) -> _Known:
    content: PostContent | None = getattr(post, "content", None)
    fingerprint = content.caption_fingerprint if content else ""
    missing = {name for name in _FILLED if name != "caption" and getattr(post, name) in (None, "")}
    return _Known(post.tiktok_id, post, post.posted_at, fingerprint, missing if fingerprint else {*missing, "caption"})


def _told(row: ImportedRow) -> set[str]:
    """Return the names of what the row could fill in."""
    return {name for name in _FILLED if getattr(row, name) not in (None, "")}


def _are_known(counts: FetchedCounts) -> bool:
    return counts != FetchedCounts()


def _is_tiktoks(post_id: str) -> bool:
    return post_id.isdecimal() and len(post_id) >= TIKTOK_DIGITS
