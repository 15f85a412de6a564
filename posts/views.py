"""The page of an account's posts, with their chart and the state of the refresh."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accounts.linked.selectors import accounts_of
from accounts.linked.switcher import SignedInRequest, choose_account
from config.next_page import lead_on
from config.rate_limits import Limit, rate_limited
from posts.charts import AVERAGED_POSTS, ChartPost, LikesChart, likes_chart
from posts.ingest.progress import refresh_status, status_of
from posts.ingest.services import NotConnected, request_refresh
from posts.models import Post
from posts.panels import panels_of
from posts.selectors import LatestCounts, posts_for_page
from privacy.consent.selectors import require
from privacy.purposes import Purpose

if TYPE_CHECKING:
    from django_stubs_ext import WithAnnotations

POSTS_PER_PAGE = 25
YOUNG = timedelta(hours=24)
# SVG text does not reflow, so phones get a narrower chart of fewer posts: (width, height, posts)
CHART_SIZES = ((840, 300, 40), (320, 240, 20))
CHARTED_POSTS = 40 + AVERAGED_POSTS


@require_safe
@login_required
def home(request: SignedInRequest) -> HttpResponse:
    chosen, linked = choose_account(request)
    if chosen is None:
        return render(request, "posts/no_account.html")
    require(request.user.pk, Purpose.SERVICE)
    posts = posts_for_page(chosen.account)
    page = Paginator(posts, POSTS_PER_PAGE).get_page(request.GET.get("page"))
    return render(
        request,
        "posts/home.html",
        {
            "account": chosen.account,
            "accounts": linked,
            "connection": chosen.connection,
            "refresh": refresh_status(chosen.account),
            "refresh_url": reverse("api:account-refresh", args=[chosen.account.public_id]),
            "page": page,
            "charts": _charts(posts[:CHARTED_POSTS], timezone.now()),
            "panels": panels_of(chosen.account) if page.object_list else [],
        },
    )


@require_POST
@login_required
@rate_limited(Limit.REFRESH)
def refresh(request: SignedInRequest, account_id: str) -> HttpResponse:
    account = get_object_or_404(accounts_of(request.user), public_id=account_id)
    try:
        asked = status_of(request_refresh(account_id=account.pk))
    except NotConnected:
        messages.error(request, "This account is disconnected, so nothing was read. Connect it again to refresh it.")
    else:
        if asked.is_waiting:
            messages.info(request, f"TikTok was asked less than a minute ago. {asked.message}")
    own = f"{reverse('posts:home')}?account={account.public_id}"
    return lead_on(request, request.POST.get("next", own), otherwise="posts:home")


def _charts(posts: "Iterable[WithAnnotations[Post, LatestCounts]]", now: datetime) -> list[LikesChart]:
    """Return a wide and a narrow chart of the same posts (newest first); none where no likes are known."""
    points = [
        ChartPost(post.posted_at, post.likes, is_young=now - post.posted_at < YOUNG)
        for post in posts
        if post.likes is not None
    ]
    points.reverse()
    charts = [likes_chart(points, shown=shown, width=width, height=height) for width, height, shown in CHART_SIZES]
    return [chart for chart in charts if chart is not None]
