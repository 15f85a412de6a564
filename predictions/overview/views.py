"""The page "Overview": the first day's progress, then what was found, results, and how fresh the data is."""

from datetime import timedelta
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.linked.switcher import SignedInRequest, choose_account
from posts.freshness import account_freshness
from posts.ingest.progress import refresh_status
from posts.selectors import posts_for_page
from predictions.forecasts.charts import range_chart
from predictions.models import Prediction
from predictions.outcomes.selectors import account_track_record
from predictions.overview.found import what_was_found
from predictions.overview.progress import first_day
from predictions.overview.selectors import known_of, latest_results
from predictions.plan.calendar import cards_of
from predictions.plan.selectors import planned_between
from predictions.replays.selectors import record_of, replays_of
from privacy.consent.selectors import require
from privacy.purposes import Purpose

NEWEST_SHOWN = 5
"""Posts that are shown while an account is read."""
RESULT_WIDTH = 320
AHEAD, NEXT_SHOWN = timedelta(days=14), 3
"""Planned drafts that are shown: the next ones within so long."""


@require_safe
@login_required
def overview(request: SignedInRequest) -> HttpResponse:
    """Show the chosen account at a glance; without one, how to get one."""
    chosen, linked = choose_account(request)
    if chosen is None:
        return render(request, "overview/no_account.html")
    require(request.user.pk, Purpose.SERVICE)
    account, now = chosen.account, timezone.now()
    replay = replays_of(request.user).filter(account=account).first()
    refresh = refresh_status(account)
    known = known_of(account, replay)
    context: dict[str, Any] = {
        "account": account,
        "accounts": linked,
        "connection": chosen.connection,
        "refresh": refresh,
        "posts_known": known.posts,
        "day": first_day(known, refresh, chosen.connection, now),
        "warnings": [each for each in account_freshness(account.pk, now).warnings if each["code"] == "partial"],
    }
    if context["day"]:
        context["newest"] = posts_for_page(account)[:NEWEST_SHOWN]
    if replay:
        context |= {"replay": replay} | what_was_found(record_of(replay), replay.usual, replay.best_times)
    context["next_cards"] = cards_of(planned_between(account, now, now + AHEAD)[:NEXT_SHOWN], (), {}, now)
    context["results"] = [_result(prediction) for prediction in latest_results(request.user, account)]
    context["track_record"] = account_track_record(account.pk) if context["results"] else None
    return render(request, "overview/overview.html", context)


def _result(prediction: Prediction) -> dict[str, Any]:
    chart = range_chart(
        width=RESULT_WIDTH,
        low=prediction.low,
        high=prediction.high,
        typical=prediction.typical,
        baseline=None,
        outcome=prediction.outcome.likes,
    )
    return {"forecast": prediction, "chart": chart}
