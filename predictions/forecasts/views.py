"""Pages of forecasts: the composer, earlier forecasts, and each with its outcome."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from accounts.linked.switcher import SignedInRequest, choose_account
from posts.content.pictures import UnreadableImage, measure_cover
from predictions.forecasts.charts import RangeChart, range_chart
from predictions.forecasts.forms import DraftForm
from predictions.forecasts.selectors import predictions_of
from predictions.forecasts.services import predict
from predictions.models import Outcome, Prediction
from privacy.consent.selectors import require
from privacy.purposes import Purpose

FORECASTS_PER_PAGE = 20
# SVG text does not reflow: phones get the same picture narrower
CHART_WIDTHS = (480, 320)
CLIENT = "web"


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def compose(request: SignedInRequest) -> HttpResponse:
    chosen, linked = choose_account(request)
    if chosen is None:
        return redirect("posts:home")
    require(request.user.pk, Purpose.SERVICE)
    context = {"account": chosen.account, "accounts": linked}
    if request.method != "POST":
        return render(request, "predictions/compose.html", context | {"form": DraftForm.starting_now()})
    form = DraftForm(request.POST, request.FILES)
    context |= {"form": form}
    if not form.is_valid():
        return render(request, "predictions/compose.html", context)
    draft = form.cleaned_data
    try:
        cover = measure_cover(draft["cover"].read()) if draft["cover"] else None
    except UnreadableImage as error:
        form.add_error("cover", str(error))
        return render(request, "predictions/compose.html", context)
    prediction = predict(
        user=request.user,
        account_id=chosen.account.public_id,
        text=draft["caption"],
        hashtags=(),
        publish_at=draft["publish_at"],
        duration_s=draft["duration_s"],
        cover=cover,
        client=CLIENT,
        explain=True,
    ).prediction
    context |= {"forecast": prediction, "charts": _charts(prediction)}
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
    outcome: Outcome | None = getattr(prediction, "outcome", None)
    context |= {
        "forecast": prediction,
        "outcome": outcome,
        "measures_within": outcome.measures_within if outcome and outcome.is_measured else {},
        "charts": _charts(prediction, outcome),
    }
    return render(request, "predictions/forecast_detail.html", context)


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
