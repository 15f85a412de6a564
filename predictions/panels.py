"""Panels on the page of an account's posts: how well its forecasts did, and what accounts of its size usually get."""

from django.template.loader import render_to_string

from accounts.models import TikTokAccount
from posts.panels import register_panel
from predictions.selectors import account_skill, benchmark_of, most_followers


@register_panel
def skill_panel(account: TikTokAccount) -> str:
    """Return how well Postcast did for the account."""
    return render_to_string("predictions/skill.html", {"skill": account_skill(account.pk)})


@register_panel
def benchmark_panel(account: TikTokAccount) -> str:
    """Return what accounts of its size usually get; nothing where that is not known."""
    benchmark = benchmark_of(account.follower_count)
    most = most_followers(benchmark.least_followers) if benchmark else None
    return render_to_string("predictions/benchmark.html", {"benchmark": benchmark, "most_followers": most})
