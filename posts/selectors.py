"""Reads of posts: for the pages, for the API, and for forecasts."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, TypedDict

from django.db.models import OuterRef, Q, QuerySet, Subquery, TextField
from django.db.models.functions import Cast

from accounts.models import TikTokAccount, User
from posts.content.captions import CaptionMeasures, tag_of
from posts.content.pictures import CoverMeasures
from posts.models import Observation, Origin, Post, PostContent
from privacy.declarations.registry import require_declared
from privacy.purposes import Purpose

if TYPE_CHECKING:
    from django_stubs_ext import WithAnnotations


_MOST_WORDS = 8
"""Words of a search that are read."""


class LatestCounts(TypedDict):
    """The latest observation of a post, as attributes of it; None where there is none."""

    observed_at: datetime | None
    likes: int | None
    comments: int | None
    shares: int | None
    views: int | None
    coarseness: float | None


@dataclass(frozen=True, slots=True)
class ObservedCounts:
    """A post's cumulative counts at a moment; None where TikTok did not give one."""

    observed_at: datetime
    likes: int | None
    comments: int | None
    shares: int | None
    views: int | None
    coarseness: float | None
    """Half-width of the coarsest rounding among them, in log units; None where all are exact."""


@dataclass(frozen=True, slots=True)
class PostFacts:
    """A post as of a moment. `caption` and `cover` are measures: the originals are not kept."""

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


def account_posts(account_id: int, as_of: datetime, *, purpose: Purpose) -> list[PostFacts]:
    """Return the account's posts published by `as_of`, oldest first, with their observations until then: two queries.

    Deleted posts are among them: they happened. Posts whose content was never measured are not. For learning across
    accounts only what the platform itself told counts: anybody can write a file. Raise NotDeclaredFor
    where posts were not collected for the purpose; whether their person consents to it is for the caller to check.
    """
    require_declared(purpose, Post, PostContent, Observation)
    origins = [Origin.FETCHED] if purpose == Purpose.LEARNING else Origin.values
    contents = (
        PostContent.objects.filter(post__account=account_id, post__posted_at__lte=as_of, post__origin__in=origins)
        .select_related("post")
        .order_by("post__posted_at", "post_id")
    )
    observations = _observations_by_post(account_id, as_of, origins)
    return [
        PostFacts(
            post_id=content.post_id,
            public_id=content.post.public_id,
            tiktok_id=content.post.tiktok_id,
            posted_at=content.post.posted_at,
            duration_s=content.post.duration_s,
            is_ai_generated=content.post.is_ai_generated,
            caption_fingerprint=content.caption_fingerprint,
            caption=content.caption_measures,
            cover=content.cover_measures,
            observations=tuple(observations.get(content.post_id, ())),
        )
        for content in contents
    ]


def posts_of(user: User) -> QuerySet[Post]:
    """Return all posts of the person's accounts, newest first."""
    return Post.objects.filter(account__user=user.pk)


def search_posts(posts: QuerySet[Post], text: str) -> QuerySet[Post]:
    """Return the posts that have each word of the text in a hashtag or, unless it begins with #, in a kept caption."""
    posts = posts.alias(tags=Cast("content__hashtags", TextField()))
    for word in text.split()[:_MOST_WORDS]:
        tag = tag_of(word)
        hashtag = Q(tags__icontains=tag) if tag else Q(pk__in=())
        posts = posts.filter(hashtag if word.startswith("#") else hashtag | Q(caption__icontains=word))
    return posts


def with_latest_counts(posts: QuerySet[Post]) -> "QuerySet[WithAnnotations[Post, LatestCounts]]":
    """Return the posts with their content and, as attributes, their `LatestCounts`: one query."""
    latest = Observation.objects.filter(post=OuterRef("pk")).order_by("-observed_at", "-id")
    return posts.select_related("account", "content").annotate(
        observed_at=Subquery(latest.values("observed_at")[:1]),
        likes=Subquery(latest.values("likes")[:1]),
        comments=Subquery(latest.values("comments")[:1]),
        shares=Subquery(latest.values("shares")[:1]),
        views=Subquery(latest.values("views")[:1]),
        coarseness=Subquery(latest.values("coarseness")[:1]),
    )


def posts_for_page(account: TikTokAccount) -> "QuerySet[WithAnnotations[Post, LatestCounts]]":
    """Return all posts of the account with their latest counts, newest first, for a page to slice: one query."""
    return with_latest_counts(account.posts.all())


def _observations_by_post(account_id: int, as_of: datetime, origins: Sequence[str]) -> dict[int, list[ObservedCounts]]:
    rows = (
        Observation.objects.filter(post__account=account_id, observed_at__lte=as_of, origin__in=origins)
        .order_by("observed_at", "id")
        .values_list("post_id", "observed_at", "likes", "comments", "shares", "views", "coarseness")
    )
    by_post: defaultdict[int, list[ObservedCounts]] = defaultdict(list)
    for post_id, observed_at, likes, comments, shares, views, coarseness in rows.iterator():
        by_post[post_id].append(ObservedCounts(observed_at, likes, comments, shares, views, coarseness))
    return by_post
