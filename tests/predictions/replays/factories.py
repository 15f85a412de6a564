"""Rows of replays, made by factory-boy."""

import datetime
from typing import Any

import factory
from django.utils import timezone
from factory.django import DjangoModelFactory

from predictions.models import AccountReplay
from predictions.replays.record import ReplayedPost
from tests.factories import TikTokAccountFactory


def replayed_post(days_ago: float = 2.0, **figures: Any) -> ReplayedPost:
    """A post as a replay stores it, published so many days ago."""
    posted_at = timezone.now() - datetime.timedelta(days=days_ago)
    usual: dict[str, Any] = {
        "post": f"post_{days_ago}",
        "posted_at": posted_at.isoformat(),
        "low": 70.0,
        "typical": 160.0,
        "high": 400.0,
        "average": 120.0,
        "likes": 200.0,
        "measured": True,
        "learned": False,
    }
    post: ReplayedPost = {**usual, **figures}  # type: ignore[typeddict-item]
    return post


class AccountReplayFactory(DjangoModelFactory[AccountReplay]):
    """A replay of ten posts, nine inside their range."""

    class Meta:
        model = AccountReplay

    account = factory.SubFactory(TikTokAccountFactory)
    time_zone = ""
    weights_posts = 15
    as_of = factory.LazyFunction(timezone.now)
    history = 15
    posts = factory.LazyFunction(
        lambda: [replayed_post(30.0 - 2 * day, likes=900.0 if day == 3 else 150.0 + 10 * day) for day in range(10)]
    )
    usual = factory.LazyFunction(lambda: {"likes": [120.0, 180.0, 260.0], "views": [1500.0, 2100.0, 3300.0]})
    best_times = factory.LazyFunction(list)
