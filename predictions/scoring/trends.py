"""Reads of released trends, as sub-scores see them: which hashtags were rising at a moment."""

import math
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Self

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models.functions import Now

from posts.models import Trend
from posts.trends.selectors import SHOWN_FOR
from predictions.engine import PublishedPost
from predictions.viralscore.subscores import Circumstances

RISING = ArraySubquery(Trend.objects.filter(as_of__gt=Now() - SHOWN_FOR).order_by("pk").values("tag"))
"""The hashtags that rise now, as a column of any query."""


class PastTrends:
    """The trends released so far. Use `PastTrends.until(...)`."""

    def __init__(self, trends: Iterable[tuple[str, datetime]]) -> None:
        self._trends = sorted((int(as_of.timestamp()), tag) for tag, as_of in trends)

    @classmethod
    def until(cls, moment: datetime) -> Self:
        """Return those released until a moment. One query."""
        return cls(Trend.objects.filter(as_of__lte=moment).values_list("tag", "as_of"))

    def circumstances(self, account_id: str, post: PublishedPost) -> Circumstances:
        """Return what was known of the post's hashtags when it was published."""
        since = post.posted_at - int(SHOWN_FOR / timedelta(seconds=1))
        rising = [tag for as_of, tag in self._trends if since < as_of <= post.posted_at]
        return circumstances_of(post.caption.hashtags, rising)


def circumstances_of(hashtags: Sequence[str], rising: Sequence[str]) -> Circumstances:
    """Return a post's circumstances beside the hashtags that rise; unknown where none does, as few are released.

    TikTok's API names no sound, and what others do with a hashtag that does not rise is not released.
    """
    if not rising:
        return Circumstances()
    return Circumstances(reused_sound=math.nan, rising_hashtag=float(not set(hashtags).isdisjoint(rising)))
