"""Which post became of which draft: by its caption, or failing that by its time."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

SAME_CAPTION_WITHIN = timedelta(hours=48)
SAME_TIME_WITHIN = timedelta(minutes=30)
REACH = SAME_CAPTION_WITHIN
"""No post further from the schedule than this is ever matched."""


@dataclass(frozen=True, slots=True)
class Planned:
    """A prediction's draft. An empty fingerprint (no caption) recognises nothing."""

    id: int
    fingerprint: str
    created_at: datetime
    scheduled_for: datetime


@dataclass(frozen=True, slots=True)
class Published:
    id: int
    fingerprint: str
    posted_at: datetime


def match_posts(planned: Sequence[Planned], published: Sequence[Published], now: datetime) -> dict[int, int]:
    """{planned.id: published.id} of one account's drafts that were published; the others are absent.

    A post has the draft's caption and lies within 48 h of its schedule; or no draft has its caption, and it lies within
    30 minutes of the schedule of this one. The latter is said only when a post with the caption can no longer come. A
    draft may have been forecast several times, and its post meets all of those; drafts that differ do not share a post.
    """
    by_caption = {
        draft.id: post.id
        for draft in planned
        if draft.fingerprint
        and (post := _nearest(draft, SAME_CAPTION_WITHIN, _with_caption(draft.fingerprint, published)))
    }
    recognised = set(by_caption.values())
    unrecognised = [post for post in published if post.id not in recognised]
    by_time = [
        (draft, post)
        for draft in planned
        if draft.id not in by_caption
        and draft.scheduled_for + SAME_CAPTION_WITHIN < now
        and (post := _nearest(draft, SAME_TIME_WITHIN, unrecognised))
    ]
    return by_caption | _one_draft_per_post(by_time)


def _with_caption(fingerprint: str, published: Sequence[Published]) -> Iterable[Published]:
    return (post for post in published if post.fingerprint == fingerprint)


def _nearest(draft: Planned, within: timedelta, published: Iterable[Published]) -> Published | None:
    later = (post for post in published if post.posted_at >= draft.created_at and _distance(draft, post) <= within)
    return min(later, key=lambda post: (_distance(draft, post), post.id), default=None)


def _one_draft_per_post(pairs: Sequence[tuple[Planned, Published]]) -> dict[int, int]:
    # of drafts for the same moment, the last one forecast is most likely the one that was published
    best: dict[int, Planned] = {}
    for draft, post in sorted(pairs, key=lambda pair: (_distance(*pair), -pair[0].created_at.timestamp(), -pair[0].id)):
        best.setdefault(post.id, draft)
    return {draft.id: post.id for draft, post in pairs if draft.fingerprint == best[post.id].fingerprint}


def _distance(draft: Planned, post: Published) -> timedelta:
    return abs(post.posted_at - draft.scheduled_for)
