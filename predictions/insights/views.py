"""The page "Insights"."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.linked.switcher import SignedInRequest, choose_account
from predictions.benchmarks.selectors import most_followers
from predictions.insights.charts import followers_chart, size_chart
from predictions.insights.page import what_habits_tell
from predictions.insights.services import LEAST_POSTS, account_insights
from privacy.consent.selectors import require
from privacy.purposes import Purpose

# SVG text does not reflow: phones get the same pictures narrower
SIZES = ((840, 220), (320, 200))


@require_safe
@login_required
def insights(request: SignedInRequest) -> HttpResponse:
    """Show what the chosen account's posts tell of its habits, and how the account stands."""
    chosen, linked = choose_account(request)
    if chosen is None:
        return redirect("posts:home")
    require(request.user.pk, Purpose.SERVICE)
    told, now = account_insights(user=request.user, account=chosen.account), timezone.now()
    context: dict[str, Any] = {
        "account": chosen.account,
        "accounts": linked,
        "told": told,
        "least_posts": LEAST_POSTS,
    } | what_habits_tell(told.habits)
    if followers := told.followers:
        charts = [followers_chart(followers, now, width=width, height=height) for width, height in SIZES]
        context |= {"followers": followers, "followers_charts": [chart for chart in charts if chart]}
    if benchmark := told.benchmark:
        you = told.habits.recent_likes
        context |= {
            "benchmark": benchmark,
            "most_followers": most_followers(benchmark.least_followers),
            "you": told.habits,
            "size_charts": [size_chart(benchmark, you, width=width) for width, _ in SIZES] if you is not None else [],
        }
    return render(request, "insights/insights.html", context)
