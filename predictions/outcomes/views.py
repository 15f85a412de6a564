"""The page "Track record"."""

from datetime import timedelta

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from accounts.linked.switcher import SignedInRequest, choose_account
from predictions.outcomes.charts import scatter_chart, time_chart
from predictions.outcomes.selectors import POSTS_JUDGED, account_track_record, first_result_at, results_of
from privacy.consent.selectors import has_consent, require
from privacy.purposes import Purpose

RESULTS_PER_PAGE = 20
PERIODS = {
    "30": gettext_lazy("30 days"),
    "90": gettext_lazy("90 days"),
    "365": gettext_lazy("A year"),
    "": gettext_lazy("All"),
}
"""Days of a period, and its name; empty: all time."""
# SVG text does not reflow: phones get the same pictures narrower
_SCATTER_SIZES = (440, 320)
_TIME_SIZES = ((840, 260, 40), (320, 240, 16))


@require_safe
@login_required
def track_record(request: SignedInRequest) -> HttpResponse:
    """Show how the chosen account's forecasts turned out."""
    chosen, linked = choose_account(request)
    if chosen is None:
        return redirect("posts:home")
    require(request.user.pk, Purpose.SERVICE)
    account, now = chosen.account, timezone.now()
    period = request.GET.get("period", "")
    if period not in PERIODS:
        period = ""
    since = now - timedelta(days=int(period)) if period else None
    results = results_of(account.pk, since=since)
    page = Paginator(results, RESULTS_PER_PAGE).get_page(request.GET.get("page"))
    context = {"account": account, "accounts": linked, "period": period, "periods": PERIODS, "page": page}
    if page.object_list:
        charted = list(results[:POSTS_JUDGED])
        context |= {
            "track_record": account_track_record(account.pk, since=since),
            "scatter_charts": [scatter_chart(charted, size=size) for size in _SCATTER_SIZES],
            "time_charts": [time_chart(charted, shown=n, width=w, height=h) for w, h, n in _TIME_SIZES],
        }
    else:
        context |= {
            "agrees": has_consent(request.user.pk, Purpose.OUTCOMES),
            "first_result_at": first_result_at(account.pk, now),
        }
    return render(request, "outcomes/track_record_page.html", context)
