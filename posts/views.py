"""Pages of an account's posts: the list with its chart and the state of the refresh, its file, and a post's page."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_POST, require_safe

from accounts.linked.local_time import use_time_zone_of
from accounts.linked.selectors import accounts_of
from accounts.linked.switcher import SignedInRequest, choose_account
from accounts.models import TikTokAccount
from config.languages.told import told
from config.next_page import lead_on
from config.rate_limits import Limit, rate_limited
from posts.browsing import FIRST_DAY, METRICS, Selection, as_csv, page_of, whole
from posts.charts import AVERAGED_POSTS, ChartPost, CountsChart, counts_chart, growth_chart
from posts.ingest.progress import refresh_status, status_of
from posts.ingest.services import NotConnected, request_refresh
from posts.models import Observation, Post
from posts.panels import notices_of, panels_of, parts_of
from posts.selectors import posts_of, with_latest_counts
from posts.similar import similar_posts
from privacy.consent.selectors import require
from privacy.purposes import Purpose

# SVG text does not reflow, so phones get a narrower chart of fewer posts: (width, height, posts)
CHART_SIZES = ((840, 300, 40), (320, 240, 20))
GROWTH_SIZES = ((840, 340), (320, 260))
CHARTED_POSTS = 40 + AVERAGED_POSTS


@require_safe
@login_required
def home(request: SignedInRequest) -> HttpResponse:
    chosen, linked = choose_account(request)
    if chosen is None:
        return render(request, "posts/no_account.html")
    require(request.user.pk, Purpose.SERVICE)
    now, selection = timezone.now(), Selection.of(request.GET)
    page = page_of(selection, chosen.account, now, request.GET.get("page"))
    context: dict[str, Any] = {
        "account": chosen.account,
        "accounts": linked,
        "connection": chosen.connection,
        "refresh": refresh_status(chosen.account),
        "refresh_url": reverse("api:account-refresh", args=[chosen.account.public_id]),
        "selection": selection,
        "metric_label": dict(METRICS)[selection.metric],
        "page": page,
        "charts": _charts(selection, chosen.account, now) if page.object_list else [],
    }
    if page.object_list:
        context |= {"panels": panels_of(chosen.account), "notices": notices_of(chosen.account)}
    return render(request, "posts/home.html", context)


@require_safe
@login_required
def download(request: SignedInRequest) -> HttpResponse:
    """Answer with the selected posts as a CSV file."""
    chosen, _linked = choose_account(request)
    if chosen is None:
        return redirect("posts:home")
    require(request.user.pk, Purpose.SERVICE)
    selection = Selection.of(request.GET)
    # with a byte order mark, without which Excel reads UTF-8 as something else
    text = "\ufeff" + as_csv(whole(selection, chosen.account, timezone.now()), selection)
    headers = {"Content-Disposition": f'attachment; filename="posts-{chosen.account.public_id}.csv"'}
    return HttpResponse(text, content_type="text/csv; charset=utf-8", headers=headers)


@require_safe
@login_required
def post(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Show one post: its counts over time, what later apps know of it, and similar posts."""
    shown = get_object_or_404(with_latest_counts(posts_of(request.user)), public_id=public_id)
    require(request.user.pk, Purpose.SERVICE)
    use_time_zone_of(shown.account)
    now, observations = timezone.now(), list(shown.observations.all())
    parts = parts_of(shown, observations, now)
    bands = [band for part in parts for band in part.bands]
    counted = _ages(shown, observations)
    charts = [growth_chart(counted, bands, width=width, height=height) for width, height in GROWTH_SIZES]
    return render(
        request,
        "posts/post.html",
        {
            "post": shown,
            "account": shown.account,
            "observations": observations,
            "charts": [chart for chart in charts if chart],
            "bands": bands,
            "parts": [part for part in parts if part.html],
            "similar": similar_posts(shown),
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
        words = gettext("This account is disconnected, so nothing was read. Connect it again to refresh it.")
        messages.error(request, words)
    else:
        if asked.is_waiting:
            use_time_zone_of(account)
            messages.info(request, f"{gettext('TikTok was asked less than a minute ago.')} {told(asked.message)}")
    own = f"{reverse('posts:home')}?account={account.public_id}"
    return lead_on(request, request.POST.get("next", own), otherwise="posts:home")


def _ages(post: Post, observations: Sequence[Observation]) -> list[tuple[float, int]]:
    """Return age (hours) and likes of the observations that have likes."""
    ages = ((each.observed_at - post.posted_at, each.likes) for each in observations if each.likes is not None)
    return [(max(age.total_seconds(), 0.0) / 3600, likes) for age, likes in ages]


def _charts(selection: Selection, account: TikTokAccount, now: datetime) -> list[CountsChart]:
    """Return a wide and a narrow chart of the newest selected posts; none where no counts are known."""
    newest = selection.posts(account, now).order_by("-posted_at", "-id").values_list("posted_at", selection.metric)
    points = [
        ChartPost(posted_at, count, is_young=now - posted_at < FIRST_DAY)
        for posted_at, count in newest[:CHARTED_POSTS]
        if count is not None
    ]
    points.reverse()
    charts = [counts_chart(points, shown=shown, width=width, height=height) for width, height, shown in CHART_SIZES]
    return [chart for chart in charts if chart is not None]
