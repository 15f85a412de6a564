"""Pages of the simulated creator: the product as its people see it, for everybody. Nothing is written."""

from datetime import timedelta
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from config.rate_limits import Limit, rate_limited
from posts.charts import ChartPost, counts_chart
from posts.trends.selectors import rising_hashtags
from predictions.demo.account import DemoAccount, demo_account
from predictions.demo.creator import CITY, NAME, ZONE
from predictions.demo.drafting import answer
from predictions.demo.forms import DemoDraftForm
from predictions.demo.steps import apply_fields, cards_of, undo_fields
from predictions.forecasts.charts import headlines, hour_table
from predictions.insights.page import what_habits_tell
from predictions.insights.services import State
from predictions.overview.found import what_was_found
from predictions.replays.record import ReplayRecord, is_inside, replayed_posts
from predictions.replays.services import times_against_usual

POSTS_PER_PAGE = 20
CHART_SIZES = ((840, 300, 40), (320, 240, 20))
"""Width, height and posts of the wide and the narrow chart."""
SHOWN_POSTS = 5
YOUNG = timedelta(days=1)
FIRST_DRAFT = {"caption": "Cold-proofed loaf, straight from the fridge to the oven. #bread #foryou", "duration_s": 34}


@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    """Show the account at a glance, with its last posts replayed as proof."""
    model, demo = demo_account()
    posts = [
        ChartPost(post.posted_at, int(post.latest.likes), is_young=demo.as_of - post.posted_at < YOUNG)
        for post in demo.posts
        if post.latest
    ]
    replay = demo.replay
    record = ReplayRecord(replayed_posts(replay.posts), len(replay.history))
    context = what_was_found(record, replay.usual, times_against_usual(model, demo.learned, replay)) | {
        "counts_charts": [counts_chart(posts, shown=n, width=width, height=height) for width, height, n in CHART_SIZES],
        "latest": _with_posts(demo)[:SHOWN_POSTS],
    }
    return _page(request, "demo/overview.html", demo, context)


# no cookie may be set, and a token would be one: whoever sends this from another page changes nothing for anybody
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
@rate_limited(Limit.DEMO)
def plan(request: HttpRequest) -> HttpResponse:
    """Forecast a draft of the simulated creator. The text comes in the body, and is gone with the answer."""
    timezone.activate(ZONE)
    model, demo = demo_account()
    now = timezone.now()
    if request.method == "POST":
        form = DemoDraftForm(request.POST)
    else:
        morning = (now.astimezone(ZONE) + timedelta(days=1)).replace(hour=9, minute=0, second=0, microsecond=0)
        form = DemoDraftForm(FIRST_DRAFT | {"publish_at": morning.replace(tzinfo=None)})
    context: dict[str, Any] = {"form": form}
    if form.is_valid():
        draft = form.cleaned_data
        rising = [trend.tag for trend in rising_hashtags("", now)]
        answered = answer(model, demo, draft, now, rising)
        combination = answered.advice.combination
        context |= {
            "forecast": answered.forecast,
            "headlines": headlines(answered.forecast),
            "cards": cards_of(answered.advice, draft),
            "combination": combination,
            "apply_all": combination and apply_fields(combination["changes"], draft),
            "advice_note": answered.advice.note,
            "broken_rules": [rule for rule in answered.rules if not rule.kept],
            "week": hour_table(answered.hours),
            "composing": True,
        }
        if undo := undo_fields(request.POST):
            earlier = DemoDraftForm(undo)
            if earlier.is_valid():
                before = answer(model, demo, earlier.cleaned_data, now, rising).forecast
                context |= {"before": before, "undo": undo}
    return _page(request, "demo/plan.html", demo, context)


@require_safe
def posts(request: HttpRequest) -> HttpResponse:
    """List the posts, each with its counts and the forecast it would have had."""
    _, demo = demo_account()
    page = Paginator(_with_posts(demo), POSTS_PER_PAGE).get_page(request.GET.get("page"))
    return _page(request, "demo/posts.html", demo, {"page": page})


@require_safe
def insights(request: HttpRequest) -> HttpResponse:
    """Show what goes with more likes, from how many posts, and how sure that is."""
    _, demo = demo_account()
    context = {"told": {"habits": demo.habits, "state": State.READY}} | what_habits_tell(demo.habits)
    return _page(request, "demo/insights.html", demo, context)


def _page(request: HttpRequest, template: str, demo: DemoAccount, context: dict[str, Any]) -> HttpResponse:
    """Render a page of the demo, in the creator's local time."""
    timezone.activate(ZONE)
    common = {
        "creator": NAME,
        "city": CITY,
        "posts_count": len(demo.posts),
        "step_address": reverse("predictions:demo_plan"),
    }
    return render(request, template, common | context)


def _with_posts(demo: DemoAccount) -> list[dict[str, Any]]:
    """Return the posts, newest first, each with its replayed forecast or None."""
    replayed = {post["post"]: post | {"is_inside": is_inside(post)} for post in replayed_posts(demo.replay.posts)}
    return [{"post": post, "forecast": replayed.get(post.post_id)} for post in reversed(demo.posts)]
