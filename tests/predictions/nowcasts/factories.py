"""A young post that was forecast."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from accounts.models import TikTokAccount
from posts.models import Post
from predictions.models import Prediction
from tests.factories import PostFactory, PredictionFactory

TEXT = "Sunset at the pier #sunset"


def young_post(account: TikTokAccount, *, age_h: float = 2, likes: int | None = 45, **forecast: Any) -> Post:
    """Return a post of that age, counted an hour after publishing, whose draft was forecast an hour before."""
    posted_at = timezone.now() - timedelta(hours=age_h)
    counted = {} if likes is None else {min(1, age_h): likes}
    post: Post = PostFactory(account=account, posted_at=posted_at, text=TEXT, likes_by_hour=counted)
    forecast_of(post, **forecast)
    return post


def forecast_of(post: Post, *, hours_before: float = 1, **forecast: Any) -> Prediction:
    """Return a forecast of the post's draft."""
    made: Prediction = PredictionFactory(account=post.account, publish_at=post.posted_at, text=TEXT, **forecast)
    Prediction.objects.filter(pk=made.pk).update(created_at=post.posted_at - timedelta(hours=hours_before))
    made.refresh_from_db()
    return made
