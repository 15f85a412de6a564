"""The page of an account's week."""

from datetime import timedelta

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.linked.switcher import SignedInRequest, choose_account
from predictions.plan.calendar import cards_of
from predictions.weekly.api import read_day
from predictions.weekly.selectors import last_week, week_report
from privacy.consent.selectors import require
from privacy.purposes import Purpose


@require_safe
@login_required
def week(request: SignedInRequest) -> HttpResponse:
    """Show the week of the day `?week=`, by default the chosen account's last whole one."""
    chosen, linked = choose_account(request)
    if chosen is None:
        return redirect("posts:home")
    require(request.user.pk, Purpose.SERVICE)
    account, now = chosen.account, timezone.now()
    day = read_day(request.GET.get("week", "")) or last_week(account, now)
    report = week_report(account, day)
    monday = timezone.localdate(report.start)
    context = {
        "account": account,
        "accounts": linked,
        "report": report,
        "last": report.end - timedelta(days=1),
        "published": cards_of((), report.posts, {}, now),
        "planned": cards_of(report.planned, (), {}, now),
        "previous": monday - timedelta(days=7),
        "next": monday + timedelta(days=7) if report.end < now else None,
    }
    return render(request, "weekly/week.html", context)
