"""Panels on the page of an account's posts: how its forecasts turned out, and what accounts of its size usually get."""

from django.template.loader import render_to_string

from accounts.models import TikTokAccount
from posts.panels import register_panel
from predictions.benchmarks.selectors import benchmark_of, most_followers
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
