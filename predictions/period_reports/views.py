"""Pages of reports: on screen, on paper, and as a file."""

from datetime import date, timedelta
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from accounts.linked.switcher import SignedInRequest
from accounts.seats.access import choose_seen_account
from predictions.insights.words import SURENESS, title_of
from predictions.outcomes.charts import time_chart
from predictions.period_reports.files import as_csv
from predictions.period_reports.periods import Period, PeriodKind
from predictions.period_reports.report import PeriodReport
from predictions.period_reports.selectors import period_report

KINDS = {PeriodKind.WEEK: gettext_lazy("Week"), PeriodKind.MONTH: gettext_lazy("Month")}
LOOKS_BACK = timedelta(days=3 * 366)
"""Reach of the pages."""
# SVG text does not reflow: phones get the same picture narrower
_CHART_SIZES = ((840, 260, 40), (320, 240, 16))


@require_safe
@login_required
def report(request: SignedInRequest) -> HttpResponse:
    """Show the chosen account's report of `?period=` that holds `?day=`; by default of the last full week."""
    chosen, linked = choose_seen_account(request)
    if chosen is None:
        return redirect("posts:home")
    period = asked_period(request)
    told = period_report(chosen.account, period, timezone.now())
    context = context_of(told) | {"accounts": linked, "is_owner": chosen.is_owner, "kinds": KINDS}
    context["can_go_on"] = period.after.first <= timezone.localdate()
    return render(request, "period_reports/report.html", context)


@require_safe
@login_required
def download(request: SignedInRequest) -> HttpResponse:
    """Answer with the posts of the report as a CSV file."""
    chosen, _linked = choose_seen_account(request)
    if chosen is None:
        return redirect("posts:home")
    period = asked_period(request)
    # with a byte order mark, without which Excel reads UTF-8 as something else
    text = "\ufeff" + as_csv(period_report(chosen.account, period, timezone.now()))
    name = f"{period.kind}-{period.first}-{chosen.account.public_id}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(text, content_type="text/csv; charset=utf-8", headers=headers)


def asked_period(request: SignedInRequest) -> Period:
    """Return the period that the address names; the last full one of its kind for anything else."""
    today = timezone.localdate()
    try:
        kind = PeriodKind(request.GET.get("period", PeriodKind.WEEK))
    except ValueError:
        kind = PeriodKind.WEEK
    try:
        day = date.fromisoformat(request.GET.get("day", ""))
    except ValueError:
        return Period.last_full(kind, today)
    return Period.around(kind, day) if today - LOOKS_BACK <= day <= today else Period.last_full(kind, today)


def context_of(told: PeriodReport) -> dict[str, Any]:
    """Return what the body of a report's page shows."""
    results = list(reversed(told.results))
    return {
        "report": told,
        "account": told.account,
        "learned": [(title_of(each), each, SURENESS[each.sureness]) for each in told.learned],
        "time_charts": [time_chart(results, shown=n, width=w, height=h) for w, h, n in _CHART_SIZES] if results else [],
        "with_caption": True,
    }
