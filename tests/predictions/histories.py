"""Simulated post histories to train small models on."""

import math
import random
from collections.abc import Iterable
from dataclasses import fields
from datetime import UTC, datetime

from django.utils import timezone

from accounts.models import TikTokAccount
from posts.content.captions import EXTRACTOR_VERSION, CaptionMeasures
from posts.models import Observation, Post, PostContent, PostsChange
from predictions.engine import AccountHistory, Counts, PublishedPost
from privacy.consent.selectors import current_version
from privacy.models import Consent, Through
from privacy.texts import current_text
from tests.factories import CAPTIONS, USUAL_CONSENTS, PostFactory, TikTokAccountFactory, measured_once

DAY = 24 * 3600
COUNTS = [field.name for field in fields(Counts) if field.name != "observed_at"]
MEASURES = [field.name for field in fields(CaptionMeasures)]


def synthetic_histories(
    accounts: int, posts: int, *, until: int, seed: int = 0, shifts: float = 0.0
) -> list[AccountHistory]:
    """Accounts of different sizes whose posts vary by chance, by hour, and with their caption.

    A share `shifts` of the posts moves its account's level for good, by a factor of ten or so.
    """
    draw = random.Random(seed)
    histories = []
    for number in range(accounts):
        level = draw.gauss(5, 1.5)
        published = []
        for index in range(posts):
            posted_at = until - (posts - index) * 2 * DAY - draw.randrange(DAY)
            text = draw.choice(CAPTIONS)
            # drawn only where asked for: the other accounts stay as they are
            if shifts and draw.random() < shifts:
                level += draw.gauss(0, 2.3)
            final = math.exp(level + 0.3 * ("?" in text) + draw.gauss(0, 0.7))
            published.append(
                PublishedPost(
                    post_id=f"{number}-{index}",
                    posted_at=posted_at,
                    caption=measured_once(text),
                    duration_s=float(draw.randrange(5, 60)),
                    sound="",
                    cover=None,
                    observations=tuple(_counts(posted_at, age_h, final) for age_h in (6, 24, 168)),
                )
            )
        histories.append(AccountHistory(f"account-{number}", math.exp(level + 2), tuple(published)))
    return histories


def _counts(posted_at: int, age_h: int, final: float) -> Counts:
    likes = float(round(final * (1 - math.exp(-age_h / 30))))
    return Counts(posted_at + age_h * 3600, likes, likes // 20, likes // 50, likes * 12)


def store(histories: Iterable[AccountHistory]) -> list[TikTokAccount]:
    """Store the histories as rows, in few queries; return an account each, marked as changed, of people who agree."""
    histories = list(histories)
    accounts: list[TikTokAccount] = [
        TikTokAccountFactory(follower_count=int(history.followers), user__consents=()) for history in histories
    ]
    Consent.objects.bulk_create(
        Consent(
            user=account.user,
            purpose=purpose,
            version=current_version(purpose),
            text_fingerprint=current_text(purpose).fingerprint,
            given_at=timezone.now(),
            given_through=Through.PAGE,
        )
        for account in accounts
        for purpose in USUAL_CONSENTS
    )
    stored = [
        (
            PostFactory.build(
                account=account, posted_at=_moment(p.posted_at), duration_s=int(p.duration_s), content=None
            ),
            p,
        )
        for account, history in zip(accounts, histories, strict=True)
        for p in history.posts
    ]
    Post.objects.bulk_create(row for row, _ in stored)
    PostContent.objects.bulk_create(content_row(row, p.caption) for row, p in stored)
    Observation.objects.bulk_create(
        Observation(post=row, observed_at=_moment(seen.observed_at), **{n: int(getattr(seen, n)) for n in COUNTS})
        for row, p in stored
        for seen in p.observations
    )
    PostsChange.objects.bulk_create(
        PostsChange(account=account, changed_at=_moment(history.posts[-1].posted_at), sequence=1)
        for account, history in zip(accounts, histories, strict=True)
    )
    return accounts


def content_row(post: Post, caption: CaptionMeasures) -> PostContent:
    """Made without factory-boy, which takes milliseconds for each object."""
    told = {name: getattr(caption, name) for name in MEASURES}
    told["hashtags"], told["embedding"] = list(caption.hashtags), caption.embedding.tobytes()
    return PostContent(
        post=post, extractor_version=EXTRACTOR_VERSION, cover_state=PostContent.Cover.UNAVAILABLE, **told
    )


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
