"""Rows for tests of the writer."""

import datetime

import factory
from django.utils import timezone
from factory.django import DjangoModelFactory

from accounts.models import TikTokAccount
from posts.models import Post, PostsChange
from predictions.models import BrandWords, CaptionAppeal, CaptionStyle
from tests.factories import HOUR, PostFactory
from tests.predictions.captions.creators import texts_of


class BrandWordsFactory(DjangoModelFactory[BrandWords]):
    class Meta:
        model = BrandWords

    account = factory.SubFactory("tests.factories.TikTokAccountFactory")
    must = ["#ad"]
    never = ["cheap"]


class CaptionStyleFactory(DjangoModelFactory[CaptionStyle]):
    class Meta:
        model = CaptionStyle

    account = factory.SubFactory("tests.factories.TikTokAccountFactory")
    encoder = 1
    captions = 24
    middle = b"\0\0\x80?"
    measures = {"mean": [3.5]}


class CaptionAppealFactory(DjangoModelFactory[CaptionAppeal]):
    class Meta:
        model = CaptionAppeal

    account = factory.SubFactory("tests.factories.TikTokAccountFactory")
    text = "Van Dick paints"
    fingerprint = factory.Sequence("{:064x}".format)
    rules = ["profanity"]


def kept_captions(account: TikTokAccount, count: int = 24, seed: int = 0) -> list[Post]:
    """Give the account so many posts with kept captions and counts of their first day, one a day, until yesterday."""
    start = timezone.now() - datetime.timedelta(days=count + 1)
    posts: list[Post] = [
        # every third post did well
        PostFactory.create(
            account=account,
            posted_at=start + i * 24 * HOUR,
            text=text,
            caption=text,
            likes_by_hour={24: 300 if i % 3 == 0 else 100},
        )
        for i, text in enumerate(texts_of(seed, count))
    ]
    now = timezone.now()
    PostsChange.objects.update_or_create(
        account=account, defaults={"changed_at": now}, create_defaults={"changed_at": now, "sequence": 1}
    )
    return posts
