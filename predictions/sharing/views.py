"""Pages of links: make one, see and revoke them, and what a visitor with the address sees."""

from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.linked.local_time import use_time_zone_of
from accounts.linked.switcher import SignedInRequest, choose_account
from accounts.models import TikTokAccount
from config.rate_limits import Limit, enforce, rate_limited
from predictions.forecasts.charts import headlines, without_baseline
from predictions.forecasts.selectors import predictions_of
from predictions.models import Outcome, Prediction, SharedLink
from predictions.period_reports.periods import Period, PeriodKind
from predictions.period_reports.selectors import period_report
from predictions.period_reports.views import asked_period, context_of
from predictions.sharing.forms import ShareForm
from predictions.sharing.selectors import link_behind, links_of
from predictions.sharing.services import TooManyLinks, create_link, note_opening, revoke_link
from privacy.consent.selectors import has_consent, require
from privacy.purposes import Purpose
from privacy.trail.services import touch

LINKS_PER_PAGE = 50


@require_safe
@login_required
def links(request: SignedInRequest) -> HttpResponse:
    """List the person's links."""
    page = Paginator(links_of(request.user), LINKS_PER_PAGE).get_page(request.GET.get("page"))
    now = timezone.now()
    rows = [(link, link.works_at(now)) for link in page.object_list]
    return render(request, "sharing/links.html", {"page": page, "links": rows, "now": now})


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@rate_limited(Limit.SHARE)
def share_forecast(request: SignedInRequest, prediction_id: str) -> HttpResponse:
    """Ask how to share a forecast, and answer with the link's address, which is shown this once."""
    prediction = get_object_or_404(predictions_of(request.user), public_id=prediction_id)
    use_time_zone_of(prediction.account)
    back = reverse("predictions:forecast", args=[prediction.public_id])
    return _share(request, prediction.account, prediction, {"forecast": prediction, "back": back})


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@rate_limited(Limit.SHARE)
def share_report(request: SignedInRequest) -> HttpResponse:
    """Ask how to share the chosen account's report, and answer with the link's address."""
    chosen, _linked = choose_account(request)
    if chosen is None:
        raise Http404
    period = asked_period(request)
    query = f"?account={chosen.account.public_id}&period={period.kind}&day={period.first}"
    back = f"{reverse('predictions:report')}{query}"
    # the title's template reads the period of a report
    return _share(request, chosen.account, period, {"report": {"period": period}, "back": back})


@require_POST
@login_required
def revoke(request: SignedInRequest, link_id: str) -> HttpResponse:
    """End a link."""
    revoke_link(link=get_object_or_404(links_of(request.user), public_id=link_id), now=timezone.now())
    messages.success(request, _("The link is revoked: it shows nothing any more."))
    return redirect("predictions:links")


@require_safe
def shared(request: HttpRequest, token: str) -> HttpResponse:
    """Show what a link shares to whoever has its address; one that does not work answers 404 whatever the reason."""
    enforce(request, Limit.SHARED)
    now = timezone.now()
    link = link_behind(token, now)
    if link is None:
        response = render(request, "sharing/ended.html", status=HTTPStatus.NOT_FOUND)
    else:
        if request.user.pk == link.account.user_id:
            touch(request, [link.account.user_id])
        elif request.method == "GET":
            note_opening(link=link, now=now)
        use_time_zone_of(link.account)
        response = render(request, "sharing/shared.html", _shown(link))
    response.headers["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def _share(
    request: SignedInRequest, account: TikTokAccount, shown: Prediction | Period, context: dict[str, Any]
) -> HttpResponse:
    require(request.user.pk, Purpose.SERVICE)
    form = ShareForm(request.POST or None)
    context |= {"account": account, "form": form, "keeps_texts": has_consent(request.user.pk, Purpose.DRAFTS)}
    if request.method == "POST" and form.is_valid():
        try:
            link, token = create_link(account_id=account.pk, shown=shown, **form.cleaned_data)
        except TooManyLinks as error:
            form.add_error(None, str(error))
        else:
            address = request.build_absolute_uri(reverse("predictions:shared", args=[token]))
            context |= {"link": link, "address": address}
    return render(request, "sharing/share.html", context)


def _shown(link: SharedLink) -> dict[str, Any]:
    """Return what the page shows: a forecast with its result, or a report, and nothing else of the person."""
    context: dict[str, Any] = {"link": link, "account": link.account}
    if link.prediction is None:
        assert link.first_day is not None
        period = Period(PeriodKind(link.period), link.first_day)
        shown = context_of(period_report(link.account, period, timezone.now()))
        return shown | context | {"with_caption": link.with_caption}
    outcome: Outcome | None = getattr(link.prediction, "outcome", None)
    told = without_baseline(headlines(link.prediction, outcome))
    # not as `forecast`, whose average the chart's template would name
    return context | {"shown": link.prediction, "outcome": outcome, "headlines": told}
