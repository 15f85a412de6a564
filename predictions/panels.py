"""Panels on the pages of posts: how forecasts turned out, accounts of this size, and young posts on their way."""

from collections.abc import Sequence
from datetime import datetime

from django.db.models import QuerySet
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext, gettext_lazy

from accounts.models import TikTokAccount
from posts.charts import Band, BandPoint
from posts.models import Observation, Post
from posts.panels import PostPart, register_filter, register_notice, register_panel, register_post_panel
from predictions.benchmarks.selectors import benchmark_of, most_followers
from predictions.engine.nowcast import FanPoint
from predictions.engine.types import HOUR
from predictions.nowcasts.selectors import nowcast_of, with_forecast, young_posts
from predictions.outcomes.selectors import account_track_record


@register_panel
def track_record_panel(account: TikTokAccount) -> str:
    """Return how the account's forecasts turned out."""
    return render_to_string("predictions/track_record.html", {"track_record": account_track_record(account.pk)})


@register_panel
def benchmark_panel(account: TikTokAccount) -> str:
    """Return what accounts of its size usually get; nothing if that is unknown."""
    newest = benchmark_of(account.follower_count)
    most = most_followers(newest.least_followers) if newest else None
    return render_to_string("predictions/benchmark.html", {"benchmark": newest, "most_followers": most})


@register_notice
def young_posts_notice(account: TikTokAccount) -> str:
    """Return what becomes of the account's posts of the last day; nothing without one that was forecast."""
    return render_to_string("nowcasts/young.html", {"young": young_posts(account, timezone.now())})


@register_post_panel
def forecast_part(post: Post, observations: Sequence[Observation], now: datetime) -> PostPart:
    """Return the post's forecast, with its result or its nowcast."""
    told = nowcast_of(post, now)
    outcome = getattr(told.prediction, "outcome", None)
    bands = [_band("forecast", gettext("Forecast before publishing"), told.forecast_fan)] if told.prediction else []
    if told.nowcast:
        bands.append(_band("nowcast", gettext("With the count so far"), told.nowcast.fan))
    html = render_to_string("nowcasts/post_part.html", {"told": told, "outcome": outcome})
    return PostPart(html, tuple(bands))


@register_filter("forecast", gettext_lazy("With a forecast"))
def forecast_posts(account: TikTokAccount, posts: QuerySet[Post], now: datetime) -> QuerySet[Post]:
    """Return the posts that were forecast."""
    return with_forecast(account, posts, now)


def _band(kind: str, label: str, fan: Sequence[FanPoint]) -> Band:
    return Band(
        kind,
        label,
        tuple(BandPoint(p.age / HOUR, p.likes.low, p.likes.typical, p.likes.high) for p in fan),
    )
