"""Pages of forecasts: earlier forecasts, and each with its outcome."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_safe

from accounts.linked.local_time import use_time_zone_of
from accounts.linked.switcher import SignedInRequest, choose_account
from predictions.forecasts.charts import headlines
from predictions.forecasts.selectors import predictions_of
from predictions.forecasts.steps import Card
from predictions.models import Outcome, Prediction

FORECASTS_PER_PAGE = 20


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
        "headlines": headlines(prediction, outcome),
        "cards": [Card(told, None) for told in prediction.suggestions or ()],
        "combination": prediction.combination,
    }
    return render(request, "predictions/forecast_detail.html", context)
