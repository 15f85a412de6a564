"""Simulate post histories to train small models on."""

import math
import random
from collections.abc import Iterable
from dataclasses import fields
from datetime import UTC, datetime
from functools import cache

from accounts.models import TikTokAccount
from posts.content.captions import EXTRACTOR_VERSION, CaptionMeasures, measure_caption
from posts.models import Observation, Post, PostContent, PostsChange
from predictions.engine import AccountHistory, Counts, PublishedPost
from tests.factories import CAPTIONS, PostFactory, TikTokAccountFactory

DAY = 24 * 3600
COUNTS = [field.name for field in fields(Counts) if field.name != "observed_at"]
MEASURES = [field.name for field in fields(CaptionMeasures)]


def synthetic_histories(accounts: int, posts: int, *, until: int, seed: int = 0) -> list[AccountHistory]:
    """Return accounts of different sizes with posts that vary by chance, by time, and by their caption."""
    draw = random.Random(seed)
    histories = []
    for number in range(accounts):
        level = draw.gauss(5, 1.5)
        published = []
        for index in range(posts):
            posted_at = until - (posts - index) * 2 * DAY - draw.randrange(DAY)
            text = draw.choice(CAPTIONS)
            final = math.exp(level + 0.3 * ("?" in text) + draw.gauss(0, 0.7))
            published.append(
                PublishedPost(
                    post_id=f"{number}-{index}",
                    posted_at=posted_at,
                    caption=_measured(text),
                    duration_s=float(draw.randrange(5, 60)),
                    sound="",
                    cover=None,
                    observations=tuple(_counts(posted_at, age_h, final) for age_h in (6, 24, 168)),
                )
            )
        histories.append(AccountHistory(f"account-{number}", math.exp(level + 2), tuple(published)))
    return histories


@cache
def _measured(text: str) -> CaptionMeasures:
    return measure_caption(text)


def _counts(posted_at: int, age_h: int, final: float) -> Counts:
    likes = float(round(final * (1 - math.exp(-age_h / 30))))
    return Counts(posted_at + age_h * 3600, likes, likes // 20, likes // 50, likes * 12)


def store(histories: Iterable[AccountHistory]) -> list[TikTokAccount]:
    """Store the histories in few queries, each as an account marked as changed."""
    return [_store_account(history) for history in histories]


def _store_account(history: AccountHistory) -> TikTokAccount:
    account: TikTokAccount = TikTokAccountFactory(follower_count=int(history.followers))
    posts = [
        PostFactory.build(account=account, posted_at=_moment(p.posted_at), duration_s=int(p.duration_s), content=None)
        for p in history.posts
    ]
    Post.objects.bulk_create(posts)
    stored = list(zip(posts, history.posts, strict=True))
    PostContent.objects.bulk_create(content_row(row, p.caption) for row, p in stored)
    Observation.objects.bulk_create(
        Observation(post=row, observed_at=_moment(seen.observed_at), **{n: int(getattr(seen, n)) for n in COUNTS})
        for row, p in stored
        for seen in p.observations
    )
    PostsChange.objects.create(account=account, changed_at=posts[-1].posted_at, sequence=1)
    return account


def content_row(post: Post, caption: CaptionMeasures) -> PostContent:
    """Return a content row; without factory-boy, which takes milliseconds for each object."""
    measures = {name: getattr(caption, name) for name in MEASURES}
    measures["hashtags"], measures["embedding"] = list(caption.hashtags), caption.embedding.tobytes()
    return PostContent(
        post=post, extractor_version=EXTRACTOR_VERSION, cover_state=PostContent.Cover.UNAVAILABLE, **measures
    )


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
