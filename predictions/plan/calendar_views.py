"""The page "Plan": an account's drafts and posts by week, or in a list."""

from datetime import date, timedelta
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.linked.switcher import SignedInRequest
from accounts.seats.access import choose_seen_account
from predictions.models import SavedDraft
from predictions.plan.calendar import cards_of, days_of, week_of
from predictions.plan.composing import planned_forecasts
from predictions.plan.selectors import planned_between, published_between
from privacy.consent.selectors import require
from privacy.purposes import Purpose

LISTED = 50
"""Drafts or posts in one part of the page."""
LOOKS_BACK, LOOKS_AHEAD = timedelta(days=30), timedelta(days=366)
"""Reach of the list."""


@require_safe
@login_required
def plan(request: SignedInRequest) -> HttpResponse:
    """Show the week of the day `?week=`, by default today's, or with `?view=list` all that comes and the last month."""
    chosen, linked = choose_seen_account(request)
    if chosen is None:
        return redirect("posts:home")
    account, now = chosen.account, timezone.now()
    require(account.user_id, Purpose.SERVICE)
    is_list = request.GET.get("view") == "list"
    start, end = (now - LOOKS_BACK, now + LOOKS_AHEAD) if is_list else week_of(_day(request.GET.get("week", "")))
    drafts = list(planned_between(account, start, end)[:LISTED])
    undated = list(SavedDraft.objects.filter(account=account, publish_at=None).select_related("prediction")[:LISTED])
    posts = list(published_between(account, start, end).reverse()[:LISTED])
    upcoming = [draft for draft in drafts if draft.publish_at and draft.publish_at > now]
    forecasts = planned_forecasts(account.user, account, upcoming)
    cards = cards_of(drafts, posts, forecasts, now, is_owner=chosen.is_owner)
    context: dict[str, Any] = {
        "account": account,
        "accounts": linked,
        "is_owner": chosen.is_owner,
        "may_edit": chosen.may_edit,
        "is_list": is_list,
        "undated": cards_of(undated, (), {}, now),
        "is_empty": not cards and not undated,
    }
    if is_list:
        context["coming"] = [card for card in cards if card.moment and card.moment > now]
        context["past"] = [card for card in reversed(cards) if card.moment and card.moment <= now]
    else:
        context |= {
            "days": days_of(start, cards, now),
            "first": start,
            "last": end - timedelta(days=1),
            "previous": timezone.localdate(start) - timedelta(days=7),
            "next": timezone.localdate(start) + timedelta(days=7),
            "is_this_week": start <= now < end,
        }
    return render(request, "plan/plan.html", context)


def _day(written: str) -> date:
    """Return the day that an address names; today for anything else."""
    today = timezone.localdate()
    try:
        day = date.fromisoformat(written)
    except ValueError:
        return today
    return day if abs((day - today).days) <= LOOKS_AHEAD.days else today
