"""Reads for the writer: own captions with how their posts did, a brand's lists, and captions of all who agreed."""

from collections.abc import Iterator
from datetime import datetime

import numpy as np

from accounts.models import TikTokAccount
from posts.models import Origin, Post, PostContent
from predictions.captions.writing.moderation import BrandLists
from predictions.captions.writing.voice import MOST_CAPTIONS, OwnCaption, lifts_of
from predictions.engine import LearnedAccount
from predictions.models import BrandWords
from privacy.consent.selectors import consents_to
from privacy.declarations.registry import require_declared
from privacy.purposes import Purpose

MOST_ACCOUNTS, MOST_OF_ACCOUNT = 2_000, 200
"""Accounts that shared phrases are counted over, and captions of each, the newest."""


def kept_posts(account_id: int, as_of: datetime) -> list[Post]:
    """Return the account's latest posts whose captions are kept, oldest first, with their measures. One query."""
    require_declared(Purpose.WRITING, Post, PostContent)
    posts = Post.objects.filter(account=account_id, posted_at__lte=as_of, content__isnull=False).exclude(caption="")
    return list(posts.select_related("content").order_by("-posted_at", "-id")[:MOST_CAPTIONS])[::-1]


def own_captions(posts: list[Post], learned: LearnedAccount, as_of: datetime) -> list[OwnCaption]:
    """Return the captions with how far each post was above its level, as far as its first day is known at `as_of`."""
    history = learned.history.known_at(int(as_of.timestamp()))
    lifts = dict(zip(history.posted_at.tolist(), lifts_of(history.likes).tolist(), strict=True))
    captions = []
    for post in posts:
        lift = lifts.get(int(post.posted_at.timestamp()), np.nan)
        captions.append(OwnCaption(post.caption, post.content.caption_measures, None if np.isnan(lift) else lift))
    return captions


def brand_lists(account_id: int) -> BrandLists:
    """Return the account's lists; empty ones where it has none. One query."""
    row = BrandWords.objects.filter(account=account_id).first()
    return BrandLists(tuple(row.must), tuple(row.never)) if row else BrandLists()


def accounts_that_share() -> list[int]:
    """Return accounts whose people agree to writing and keep texts, in random order, at most `MOST_ACCOUNTS`."""
    require_declared(Purpose.WRITING, Post, PostContent)
    agreed = (consents_to(purpose, "user") for purpose in (Purpose.SERVICE, Purpose.WRITING, Purpose.DRAFTS))
    accounts = TikTokAccount.objects.filter(*agreed, disconnected_at=None).order_by("?")
    return list(accounts.values_list("pk", flat=True)[:MOST_ACCOUNTS])


def captions_by_language(account_id: int) -> Iterator[tuple[str, str]]:
    """Yield (language, caption) of the account's newest fetched posts: what is pushed or in files anybody can write."""
    posts = Post.objects.filter(account=account_id, origin=Origin.FETCHED, content__isnull=False).exclude(caption="")
    yield from posts.order_by("-posted_at").values_list("content__language", "caption")[:MOST_OF_ACCOUNT]
