"""Matching an experiment's assignments to posts, by intention to treat: following its arm plays no part."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from predictions.outcomes.matching import Planned, Published, match_posts

SAME_POST_WITHIN = timedelta(hours=12)
"""Without a forecast of its draft, a post is its assignment's if none is nearer and it is no further than this."""


@dataclass(frozen=True, slots=True)
class Assigned:
    """An arm that was drawn for a post planned at `publish_at`."""

    id: int
    assigned_at: datetime
    publish_at: datetime


def match_assignments(
    assigned: Sequence[Assigned], drafts: Sequence[Planned], published: Sequence[Published], now: datetime
) -> dict[int, int]:
    """Return {assigned.id: published.id} for one account's assignments, oldest first.

    A draft that was forecast between an assignment and the next is its draft, and the draft's post (`match_posts`) its
    post; of several the last. Other posts are matched by time, the nearest first. No post has two assignments. Later
    posts do not change a match: it is made when none nearer can come.
    """
    due = [each for each in assigned if each.publish_at + SAME_POST_WITHIN < now]
    by_draft = _by_draft(assigned, drafts, match_posts(drafts, published, now))
    matched: dict[int, int] = {}
    taken: set[int] = set()
    for each in due:
        post = by_draft.get(each.id)
        if post is not None and post not in taken:
            matched[each.id] = post
            taken.add(post)
    pairs = sorted(
        (abs(post.posted_at - each.publish_at), each.id, post.id)
        for each in due
        if each.id not in matched
        for post in published
        if post.posted_at >= each.assigned_at and abs(post.posted_at - each.publish_at) <= SAME_POST_WITHIN
    )
    for _, assignment, candidate in pairs:
        if assignment not in matched and candidate not in taken:
            matched[assignment] = candidate
            taken.add(candidate)
    return matched


def _by_draft(assigned: Sequence[Assigned], drafts: Sequence[Planned], post_of: Mapping[int, int]) -> dict[int, int]:
    """Return {assigned.id: post} through the drafts forecast between an assignment and the next."""
    posts: dict[int, int] = {}
    for draft in sorted(drafts, key=lambda each: each.created_at):
        latest = max(
            (each for each in assigned if each.assigned_at <= draft.created_at),
            key=lambda each: each.assigned_at,
            default=None,
        )
        if latest and draft.id in post_of:
            posts[latest.id] = post_of[draft.id]
    return posts
