"""Reads of posts: for the pages, for the API, and for the engine."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, TypedDict

import numpy as np
from django.db.models import OuterRef, QuerySet, Subquery
from numpy.typing import NDArray

from accounts.models import TikTokAccount, User
from posts.content import EMBEDDING_SIZE, EXTRACTOR_VERSION, CaptionMeasures, CoverMeasures
from posts.models import Observation, Post, PostContent, Refresh
from privacy.declarations.registry import require_declared
from privacy.purposes import Purpose

if TYPE_CHECKING:
    from django_stubs_ext import WithAnnotations


class LatestCounts(TypedDict):
    """The latest observation of a post, as attributes of it; None where there is none."""

    observed_at: datetime | None
    likes: int | None
    comments: int | None
    shares: int | None
    views: int | None


@dataclass(frozen=True, slots=True)
class ObservedCounts:
    """A post's cumulative counts at a moment; None where TikTok did not tell one."""

    observed_at: datetime
    likes: int | None
    comments: int | None
    shares: int | None
    views: int | None


@dataclass(frozen=True, slots=True)
class PostFacts:
    """What is known of a post as of a moment. `caption` and `cover` are measures: the originals are not kept."""

    post_id: int
    public_id: str
    tiktok_id: str
    posted_at: datetime
    duration_s: int | None
    is_ai_generated: bool | None
    caption_fingerprint: str
    caption: CaptionMeasures
    cover: CoverMeasures | None
    observations: tuple[ObservedCounts, ...]
    """Oldest first, none after the moment."""


@dataclass(frozen=True, slots=True)
class RefreshStatus:
    """How far a refresh is. `progress` (0..1) is None while it is not known how much there is."""

    id: str
    account: str
    state: Refresh.State
    progress: float | None
    posts_stored: int
    posts_expected: int | None
    error: str
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None

    @property
    def is_active(self) -> bool:
        return self.state in Refresh.ACTIVE


def account_posts(account_id: int, as_of: datetime, *, purpose: Purpose) -> list[PostFacts]:
    """The account's posts published by `as_of`, oldest first, with what was observed by then: two queries.

    Deleted posts are among them: they happened. Posts whose content was never measured are not. Raises NotDeclaredFor
    where posts were not collected for the purpose; whether their person agrees to it is for the caller to know.
    """
    require_declared(purpose, Post, PostContent, Observation)
    contents = (
        PostContent.objects.filter(post__account=account_id, post__posted_at__lte=as_of)
        .select_related("post")
        .order_by("post__posted_at", "post_id")
    )
    observed = _observations_by_post(account_id, as_of)
    return [_facts(content, tuple(observed.get(content.post_id, ()))) for content in contents]


def posts_of(user: User) -> QuerySet[Post]:
    """All posts of the person's accounts, newest first."""
    return Post.objects.filter(account__user=user.pk)


def with_latest_counts(posts: QuerySet[Post]) -> "QuerySet[WithAnnotations[Post, LatestCounts]]":
    """The posts with their content and, as attributes, their `LatestCounts`: one query."""
    latest = Observation.objects.filter(post=OuterRef("pk")).order_by("-observed_at", "-id")
    return posts.select_related("account", "content").annotate(
        observed_at=Subquery(latest.values("observed_at")[:1]),
        likes=Subquery(latest.values("likes")[:1]),
        comments=Subquery(latest.values("comments")[:1]),
        shares=Subquery(latest.values("shares")[:1]),
        views=Subquery(latest.values("views")[:1]),
    )


def posts_for_page(account: TikTokAccount) -> "QuerySet[WithAnnotations[Post, LatestCounts]]":
    """All posts of the account with their latest counts, newest first, for a page to slice: one query."""
    return with_latest_counts(account.posts.all())


def refreshes_of(user: User) -> QuerySet[Refresh]:
    """Refreshes of the person's accounts, newest first."""
    return Refresh.objects.filter(account__user=user.pk).select_related("account")


def refresh_status(account: TikTokAccount) -> RefreshStatus | None:
    """How far the account's latest refresh is; None if there was none."""
    refresh = account.refreshes.select_related("account").first()
    return status_of(refresh) if refresh else None


def status_of(refresh: Refresh) -> RefreshStatus:
    """How far the refresh is."""
    return RefreshStatus(
        id=refresh.public_id,
        account=refresh.account.public_id,
        state=Refresh.State(refresh.state),
        progress=_progress(refresh),
        posts_stored=refresh.posts_stored,
        posts_expected=refresh.posts_expected,
        error=refresh.error,
        created_at=refresh.created_at,
        started_at=refresh.started_at,
        finished_at=refresh.finished_at,
    )


def _progress(refresh: Refresh) -> float | None:
    """Posts stored, of those and the covers that wait: each new post adds a cover, so that this only ever rises."""
    if refresh.state == Refresh.State.DONE:
        return 1.0
    if refresh.posts_expected is None and not refresh.listing_done:
        return None
    expected = 0 if refresh.listing_done else refresh.posts_expected or 0
    covers = PostContent.objects.filter(
        post__account=refresh.account_id, post__deleted_at=None, cover_state=PostContent.Cover.PENDING
    ).count()
    total = max(expected, refresh.posts_stored) + covers
    return refresh.posts_stored / total if total else None


def _observations_by_post(account_id: int, as_of: datetime) -> dict[int, list[ObservedCounts]]:
    rows = (
        Observation.objects.filter(post__account=account_id, observed_at__lte=as_of)
        .order_by("observed_at", "id")
        .values_list("post_id", "observed_at", "likes", "comments", "shares", "views")
    )
    by_post: defaultdict[int, list[ObservedCounts]] = defaultdict(list)
    for post_id, observed_at, likes, comments, shares, views in rows.iterator():
        by_post[post_id].append(ObservedCounts(observed_at, likes, comments, shares, views))
    return by_post


def _facts(content: PostContent, observations: tuple[ObservedCounts, ...]) -> PostFacts:
    post = content.post
    return PostFacts(
        post_id=post.pk,
        public_id=post.public_id,
        tiktok_id=post.tiktok_id,
        posted_at=post.posted_at,
        duration_s=post.duration_s,
        is_ai_generated=post.is_ai_generated,
        caption_fingerprint=content.caption_fingerprint,
        caption=_caption_measures(content),
        cover=_cover_measures(content),
        observations=observations,
    )


def _caption_measures(content: PostContent) -> CaptionMeasures:
    return CaptionMeasures(
        length=content.length,
        words=content.words,
        questions=content.questions,
        exclamations=content.exclamations,
        emoji=content.emoji,
        mentions=content.mentions,
        links=content.links,
        uppercase_share=content.uppercase_share,
        sentiment=content.sentiment,
        hashtags=tuple(content.hashtags),
        embedding=_embedding(content),
    )


def _embedding(content: PostContent) -> NDArray[np.int8]:
    """The stored embedding; nothing for one of an older extractor, which cannot be compared with those of today.

    Its caption is gone: it is measured anew when the post is next fetched.
    """
    if content.extractor_version != EXTRACTOR_VERSION:
        return np.zeros(EMBEDDING_SIZE, dtype=np.int8)
    return np.frombuffer(content.embedding, dtype=np.int8)


def _cover_measures(content: PostContent) -> CoverMeasures | None:
    measures = (
        content.cover_brightness,
        content.cover_contrast,
        content.cover_saturation,
        content.cover_colourfulness,
        content.cover_sharpness,
    )
    known = [value for value in measures if value is not None]
    return CoverMeasures(*known) if len(known) == len(measures) else None
