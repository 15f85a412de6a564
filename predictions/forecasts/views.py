"""Pages of forecasts: the composer, earlier forecasts, and each with its outcome."""

from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts.linked.local_time import use_time_zone_of
from accounts.linked.switcher import SignedInRequest, choose_account
from config.rate_limits import Limit, enforce, rate_limited
from posts.content.pictures import UnreadableImage, measure_cover
from posts.freshness import lazy_freshness
from predictions.forecasts.charts import RangeChart, hour_table, range_chart
from predictions.forecasts.forms import USUAL_WITHIN, DraftForm
from predictions.forecasts.selectors import predictions_of
from predictions.forecasts.services import TimeWindow, predict
from predictions.forecasts.steps import BEFORE, Card, apply_fields, cards_of, cover_of, undo_fields
from predictions.models import Outcome, Prediction
from privacy.consent.selectors import require
from privacy.purposes import Purpose

FORECASTS_PER_PAGE = 20
# SVG text does not reflow: phones get the same picture narrower
CHART_WIDTHS = (480, 320)
CLIENT = "web"


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@rate_limited(Limit.PREDICT)
def compose(request: SignedInRequest) -> HttpResponse:
    chosen, linked = choose_account(request)
    if chosen is None:
        return redirect("posts:home")
    require(request.user.pk, Purpose.SERVICE)
    context: dict[str, Any] = {"account": chosen.account, "accounts": linked, "data": lazy_freshness(chosen.account.pk)}
    if request.method != "POST":
        return render(request, "predictions/compose.html", context | {"form": DraftForm.starting_now()})
    form = DraftForm(request.POST, request.FILES)
    context |= {"form": form}
    if not form.is_valid():
        return render(request, "predictions/compose.html", context)
    draft = form.cleaned_data
    if draft["cover"]:
        enforce(request, Limit.UPLOAD)
    try:
        cover = measure_cover(draft["cover"].read()) if draft["cover"] else cover_of(request.POST)
    except UnreadableImage as error:
        form.add_error("cover", str(error))
        return render(request, "predictions/compose.html", context)
    result = predict(
        user=request.user,
        account_id=chosen.account.public_id,
        text=draft["caption"],
        hashtags=(),
        publish_at=draft["publish_at"],
        duration_s=draft["duration_s"],
        cover=cover,
        client=CLIENT,
        explain=True,
        window=_window(draft["publish_at"], draft["within"]),
        with_hours=True,
    )
    prediction, advice = result.prediction, result.advice
    assert advice is not None
    combination = advice.combination
    context |= {
        "forecast": prediction,
        "charts": _charts(prediction),
        "cards": cards_of(advice, draft, cover, prediction),
        "combination": combination,
        "advice_note": advice.note,
        "apply_all": combination and apply_fields(combination["changes"], draft, cover, prediction),
        "broken_rules": [rule for rule in result.rules if not rule.kept],
        "week": hour_table(result.hours) if result.hours else None,
        "composing": True,
    }
    if before := request.POST.get(BEFORE):
        earlier = predictions_of(request.user).filter(account=chosen.account, public_id=before).first()
        context |= {"before": earlier, "undo": undo_fields(request.POST)}
    return render(request, "predictions/compose.html", context)


@require_safe
@login_required
def forecasts(request: SignedInRequest) -> HttpResponse:
    chosen, linked = choose_account(request)
    if chosen is None:
        return redirect("posts:home")
    predictions = predictions_of(request.user).filter(account=chosen.account)
    page = Paginator(predictions, FORECASTS_PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "predictions/forecasts.html", {"account": chosen.account, "accounts": linked, "page": page})


@require_safe
@login_required
def forecast(request: SignedInRequest, prediction_id: str) -> HttpResponse:
    return forecast_page(request, get_object_or_404(predictions_of(request.user), public_id=prediction_id))


def forecast_page(request: HttpRequest, prediction: Prediction, **context: Any) -> HttpResponse:
    """Render a forecast's page; `context` is added for the template's tags."""
    use_time_zone_of(prediction.account)
    outcome: Outcome | None = getattr(prediction, "outcome", None)
    context |= {
        "forecast": prediction,
        "outcome": outcome,
        "measures_within": outcome.measures_within if outcome and outcome.is_measured else {},
        "charts": _charts(prediction, outcome),
        "cards": [Card(told, None) for told in prediction.suggestions or ()],
        "combination": prediction.combination,
    }
    return render(request, "predictions/forecast_detail.html", context)


def _window(publish_at: datetime, days: int) -> TimeWindow | None:
    """Return the days around a planned time, none of them past; None for the usual window."""
    if days == USUAL_WITHIN:
        return None
    start = max(timezone.now(), publish_at - timedelta(days=days) / 2)
    return start, start + timedelta(days=days)


def _charts(prediction: Prediction, outcome: Outcome | None = None) -> list[RangeChart]:
    return [
        range_chart(
            width=width,
            low=prediction.low,
            high=prediction.high,
            typical=prediction.typical,
            baseline=prediction.baseline,
            outcome=outcome.likes if outcome else None,
        )
        for width in CHART_WIDTHS
    ]
