"""How videos become posts, observations and measures: the writes that refreshes and the schedule share.

Every function here runs inside a caller's transaction that holds the account's lock (`accounts.services.lock_account`).
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import F

from accounts.models import TikTokAccount
from posts.content import EXTRACTOR_VERSION, measure_caption
from posts.fingerprints import caption_fingerprint
from posts.models import Observation, Post, PostContent, PostsChange, Refresh
from posts.signals import posts_changed
from posts.tiktok import Video, VideoCounts
from privacy.consent.selectors import has_consent
from privacy.models import STAMPS
from privacy.purposes import Purpose

REFRESHED = ("duration_s", "share_url", "is_ai_generated", "last_seen_at", "deleted_at")
MEASURES = (
    "extractor_version",
    "caption_fingerprint",
    "length",
    "words",
    "questions",
    "exclamations",
    "emoji",
    "mentions",
    "links",
    "uppercase_share",
    "sentiment",
    "hashtags",
    "embedding",
)


def store_videos(account: TikTokAccount, videos: Iterable[Video], seen_at: datetime) -> dict[str, Post]:
    """Insert or update the videos' posts and the measures of their captions; the posts by their TikTok id.

    A post that was taken for deleted is back. Captions themselves are dropped here, unless the person keeps drafts; one
    that was kept earlier is then left as it is, for only a withdrawal erases it.
    """
    by_id = {video.id: video for video in videos}
    # asked for under the account's lock: nothing that was unwanted meanwhile is stored
    keep_captions = has_consent(account.user_id, Purpose.DRAFTS)
    posts = [
        Post(
            account=account,
            tiktok_id=video.id,
            posted_at=video.posted_at,
            duration_s=video.duration,
            share_url=video.share_url,
            is_ai_generated=video.is_aigc,
            caption=video.caption if keep_captions else "",
            first_seen_at=seen_at,
            last_seen_at=seen_at,
        )
        # in one order everywhere, or two transactions could wait for each other
        for _, video in sorted(by_id.items())
    ]
    Post.objects.bulk_create(
        posts,
        update_conflicts=True,
        unique_fields=["account", "tiktok_id"],
        update_fields=[*REFRESHED, *(["caption"] if keep_captions else []), *STAMPS],
    )
    stored = {post.tiktok_id: post for post in posts}
    _measure_captions(stored, by_id)
    return stored


def _measure_captions(posts: Mapping[str, Post], videos: Mapping[str, Video]) -> None:
    fingerprints = {tiktok_id: caption_fingerprint(video.caption) for tiktok_id, video in videos.items()}
    measured = dict(
        PostContent.objects.filter(post__in=posts.values(), extractor_version=EXTRACTOR_VERSION).values_list(
            "post_id", "caption_fingerprint"
        )
    )
    contents = [
        _content(post, videos[tiktok_id].caption, fingerprints[tiktok_id])
        for tiktok_id, post in posts.items()
        if measured.get(post.pk) != fingerprints[tiktok_id]
    ]
    PostContent.objects.bulk_create(
        contents, update_conflicts=True, unique_fields=["post"], update_fields=[*MEASURES, *STAMPS]
    )


def _content(post: Post, caption: str, fingerprint: str) -> PostContent:
    measures = measure_caption(caption)
    return PostContent(
        post=post,
        extractor_version=EXTRACTOR_VERSION,
        caption_fingerprint=fingerprint,
        length=measures.length,
        words=measures.words,
        questions=measures.questions,
        exclamations=measures.exclamations,
        emoji=measures.emoji,
        mentions=measures.mentions,
        links=measures.links,
        uppercase_share=measures.uppercase_share,
        sentiment=measures.sentiment,
        hashtags=list(measures.hashtags),
        embedding=measures.embedding.tobytes(),
    )


def append_observations(
    posts: Iterable[tuple[Post, int | None]],
    counts: Mapping[str, VideoCounts],
    observed_at: datetime,
    refresh: Refresh | None = None,
) -> None:
    """One observation for each (post, scheduled age in hours or None); those that exist already stay as they are."""
    Observation.objects.bulk_create(
        [
            Observation(
                post=post,
                observed_at=observed_at,
                likes=counts[post.tiktok_id].like_count,
                comments=counts[post.tiktok_id].comment_count,
                shares=counts[post.tiktok_id].share_count,
                views=counts[post.tiktok_id].view_count,
                refresh=refresh,
                scheduled_age_h=age_h,
            )
            for post, age_h in posts
        ],
        ignore_conflicts=True,
    )


def mark_deleted(posts: Sequence[Post], now: datetime) -> None:
    """TikTok does not have the posts any more; what is known of them stays, for it happened."""
    Post.objects.filter(pk__in=[post.pk for post in posts], deleted_at=None).update(deleted_at=now)


def record_change(account_id: int, now: datetime) -> None:
    """Raise the account's `PostsChange.sequence` and tell of it after the commit."""
    raised = PostsChange.objects.filter(pk=account_id).update(sequence=F("sequence") + 1, changed_at=now)
    if not raised:
        PostsChange.objects.create(account_id=account_id, sequence=1, changed_at=now)
    transaction.on_commit(lambda: _tell(account_id))


def _tell(account_id: int) -> None:
    # a listener's failure must not undo the work of whoever changed the posts
    posts_changed.send_robust(sender=PostsChange, account_id=account_id)
