"""Matching published posts to the drafts of forecasts: by caption or, failing that, by time."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

SAME_CAPTION_WITHIN = timedelta(hours=48)
SAME_TIME_WITHIN = timedelta(minutes=30)
REACH = SAME_CAPTION_WITHIN
"""No post further from the planned time than this is ever matched."""


@dataclass(frozen=True, slots=True)
class Planned:
    """A forecast's draft. An empty fingerprint (no caption) matches nothing."""

    id: int
    fingerprint: str
    created_at: datetime
    publish_at: datetime


@dataclass(frozen=True, slots=True)
class Published:
    """A post; `fingerprint` is of its caption."""

    id: int
    fingerprint: str
    posted_at: datetime


def match_posts(planned: Sequence[Planned], published: Sequence[Published], now: datetime) -> dict[int, int]:
    """Return {planned.id: published.id} for the drafts of one account that were published.

    A post matches a draft with the same caption if it lies within 48 h of the planned time. A post whose caption no
    draft has matches by time alone, within 30 minutes, once the draft's caption can no longer appear. Forecasts of the
    same draft share its post; different drafts never share one.
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
        and draft.publish_at + SAME_CAPTION_WITHIN < now
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
    return abs(post.posted_at - draft.publish_at)
