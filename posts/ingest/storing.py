"""Store fetched posts, their counts and measures: the writes that refreshes and the schedule share.

Every function here runs inside a caller's transaction that holds the account's lock (`lock_account`).
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial

from django.db import transaction
from django.db.models import F

from accounts.models import TikTokAccount
from posts.content.captions import EXTRACTOR_VERSION, measure_caption
from posts.ingest.fingerprints import caption_fingerprint
from posts.ingest.signals import posts_changed
from posts.models import Observation, Origin, Post, PostContent, PostsChange, Refresh
from posts.models.content import CAPTION_MEASURES
from posts.platforms.base import FetchedCounts, FetchedPost
from privacy.consent.selectors import has_consent
from privacy.models import STAMPS
from privacy.purposes import Purpose

REFRESHED = ("posted_at", "duration_s", "share_url", "is_ai_generated", "origin", "last_seen_at", "deleted_at")


def store_posts(
    account: TikTokAccount, fetched: Iterable[FetchedPost], seen_at: datetime, origin: Origin = Origin.FETCHED
) -> dict[str, Post]:
    """Insert or update the posts and the measures of their captions; return them by the platform's id.

    A post that counted as deleted is back, and the time of publishing is the one given last. The caption itself is
    dropped here, unless the person keeps drafts; one that was kept earlier stays as it is: only a withdrawal erases it.
    """
    by_id = {post.id: post for post in fetched}
    # checked under the account's lock: nothing is kept whose consent was withdrawn meanwhile
    keep_captions = has_consent(account.user_id, Purpose.DRAFTS)
    posts = [
        Post(
            account=account,
            tiktok_id=post.id,
            posted_at=post.posted_at,
            duration_s=post.duration_s,
            share_url=post.share_url,
            is_ai_generated=post.is_ai_generated,
            caption=post.caption if keep_captions else "",
            origin=origin,
            first_seen_at=seen_at,
            last_seen_at=seen_at,
        )
        # in one order everywhere, or two transactions could deadlock
        for _, post in sorted(by_id.items())
    ]
    Post.objects.bulk_create(
        posts,
        update_conflicts=True,
        unique_fields=["account", "tiktok_id"],
        update_fields=[*REFRESHED, *(["caption"] if keep_captions else []), *STAMPS],
    )
    stored = {post.tiktok_id: post for post in posts}
    _measure_captions(stored, {id: post.caption for id, post in by_id.items()})
    return stored


def _measure_captions(posts: Mapping[str, Post], captions: Mapping[str, str]) -> None:
    fingerprints = {id: caption_fingerprint(caption) for id, caption in captions.items()}
    measured = dict(
        PostContent.objects.filter(post__in=posts.values(), extractor_version=EXTRACTOR_VERSION).values_list(
            "post_id", "caption_fingerprint"
        )
    )
    contents = [
        PostContent(
            post=post,
            caption_fingerprint=fingerprints[id],
            **PostContent.caption_columns(measure_caption(captions[id])),
        )
        for id, post in posts.items()
        if measured.get(post.pk) != fingerprints[id]
    ]
    PostContent.objects.bulk_create(
        contents,
        update_conflicts=True,
        unique_fields=["post"],
        update_fields=["extractor_version", "caption_fingerprint", *CAPTION_MEASURES, *STAMPS],
    )


def append_observations(
    posts: Iterable[tuple[Post, int | None]],
    counts: Mapping[str, FetchedCounts],
    observed_at: datetime,
    refresh: Refresh | None = None,
) -> None:
    """Append an observation for each (post, scheduled age in hours or None), unless it exists already."""
    Observation.objects.bulk_create(
        [
            Observation(
                post=post,
                observed_at=observed_at,
                likes=counts[post.tiktok_id].likes,
                comments=counts[post.tiktok_id].comments,
                shares=counts[post.tiktok_id].shares,
                views=counts[post.tiktok_id].views,
                coarseness=counts[post.tiktok_id].coarseness,
                refresh=refresh,
                scheduled_age_h=age_h,
            )
            for post, age_h in posts
        ],
        ignore_conflicts=True,
    )


def fill_missing(post: Post, known: FetchedPost) -> bool:
    """Store what was missing of a stored post, and return whether anything was: what is there stays as it is.

    The post comes with its content, if it was measured.
    """
    names = ("duration_s", "share_url", "is_ai_generated")
    filled = [name for name in names if getattr(post, name) in (None, "") and getattr(known, name) not in (None, "")]
    for name in filled:
        setattr(post, name, getattr(known, name))
    content: PostContent | None = getattr(post, "content", None)
    captioned = bool(known.caption) and (content is None or not content.caption_fingerprint)
    if captioned:
        _measure_captions({known.id: post}, {known.id: known.caption})
        if has_consent(post.account.user_id, Purpose.DRAFTS):
            post.caption = known.caption
            filled.append("caption")
    if filled:
        post.save(update_fields=filled)
    return captioned or bool(filled)


def append_imported(counts: Iterable[tuple[Post, datetime, FetchedCounts]], origin: Origin) -> None:
    """Append an observation for each (post, moment, counts) that came with a file or from a program.

    One of the same moment that is there already stays, whoever brought it.
    """
    Observation.objects.bulk_create(
        [
            Observation(
                post=post,
                observed_at=observed_at,
                likes=read.likes,
                comments=read.comments,
                shares=read.shares,
                views=read.views,
                coarseness=read.coarseness,
                origin=origin,
            )
            for post, observed_at, read in counts
        ],
        ignore_conflicts=True,
    )


def mark_deleted(posts: Sequence[Post], now: datetime) -> None:
    """Mark the posts as deleted on the platform. Their rows stay: they happened."""
    Post.objects.filter(pk__in=[post.pk for post in posts], deleted_at=None).update(deleted_at=now)


def record_change(account_id: int, now: datetime) -> None:
    """Raise the account's `PostsChange.sequence`, and send `posts_changed` after the commit."""
    raised = PostsChange.objects.filter(pk=account_id).update(sequence=F("sequence") + 1, changed_at=now)
    if not raised:
        PostsChange.objects.create(account_id=account_id, sequence=1, changed_at=now)
    # robust: a failing receiver must not undo the change
    transaction.on_commit(partial(posts_changed.send_robust, sender=PostsChange, account_id=account_id))
