"""Reads for insights: the posts behind them, and the trends that fit an account."""

from dataclasses import dataclass
from datetime import datetime

import numpy as np

from posts.content.meanings import meaning_of
from posts.models import Post, PostContent, Trend
from posts.trends.selectors import rising_hashtags
from predictions.engine import Draft
from predictions.engine.data.history import WINDOW
from predictions.engine.types import Floats
from predictions.insights.topics import Interests
from predictions.learning.selectors import HORIZON_DELTA
from privacy.declarations.registry import require_declared
from privacy.purposes import Purpose

MOST_TRENDS = 8
NEAR = 0.5
"""Cosine from which a rising hashtag's topic is near one of the account's."""
_COMPARED = 20
"""Rising hashtags whose topic is looked at: each takes milliseconds."""


@dataclass(frozen=True, slots=True)
class FittingTrend:
    """A hashtag that rises, and that the account has used or whose topic is near one of the account's."""

    trend: Trend
    is_used: bool


def own_posts(account_id: int, as_of: datetime) -> list[Draft]:
    """Return the account's latest posts whose first day was over by then, oldest first, as drafts. One query."""
    require_declared(Purpose.SERVICE, Post, PostContent)
    contents = (
        PostContent.objects.filter(post__account=account_id, post__posted_at__lte=as_of - HORIZON_DELTA)
        .select_related("post")
        .order_by("-post__posted_at", "-post_id")[:WINDOW]
    )
    return [
        Draft(
            int(content.post.posted_at.timestamp()),
            content.caption_measures,
            np.nan if content.post.duration_s is None else float(content.post.duration_s),
            "",
            content.cover_measures,
        )
        for content in reversed(contents)
    ]


def fitting_trends(interests: Interests, now: datetime) -> list[FittingTrend]:
    """Return the trends in the account's language that fit it, those of hashtags that it has used first. One query."""
    newest: dict[str, Trend] = {}
    for trend in rising_hashtags(interests.language, now):
        newest.setdefault(trend.tag, trend)
    fitting = [FittingTrend(trend, True) for tag, trend in newest.items() if tag in interests.tags]
    others = [trend for tag, trend in newest.items() if tag not in interests.tags][:_COMPARED]
    if interests.topics and others:
        directions = np.stack([topic.direction for topic in interests.topics])
        fitting += [FittingTrend(trend, False) for trend in others if _is_near(trend.tag, directions)]
    return fitting[:MOST_TRENDS]


def _is_near(tag: str, directions: Floats) -> bool:
    return bool((directions @ meaning_of(f"#{tag}")).max() >= NEAR)
