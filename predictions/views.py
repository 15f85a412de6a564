"""Pages of predictions: the composer, and earlier forecasts with what became of them."""

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models import TikTokAccount, User
from accounts.requests import SignedInRequest, choose_account
from posts.content import UnreadableImage
from predictions import services
from predictions.charts import RangeChart, range_chart
from predictions.forms import DraftForm
from predictions.models import Outcome, Prediction
from predictions.selectors import predictions_of

FORECASTS_PER_PAGE = 20
# the same picture twice: SVG text does not reflow, so phones get a narrower one
CHART_WIDTHS = (480, 320)
CLIENT = "web"


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def compose(request: SignedInRequest) -> HttpResponse:
    chosen, linked = choose_account(request)
    if chosen is None:
        return redirect("posts:home")
    context = {"account": chosen.account, "accounts": linked, "form": DraftForm.starting_now()}
    if request.method == "POST":
        context["form"] = form = DraftForm(request.POST, request.FILES)
        if result := _predict(request.user, chosen.account, form):
            context |= {
                "forecast": result.prediction,
                "explanation": result.explanation,
                "charts": _charts(result.prediction),
            }
    return render(request, "predictions/compose.html", context)


@require_safe
@login_required
def forecasts(request: SignedInRequest) -> HttpResponse:
    chosen, linked = choose_account(request)
    if chosen is None:
        return redirect("posts:home")
    given = predictions_of(request.user).filter(account=chosen.account)
    page = Paginator(given, FORECASTS_PER_PAGE).get_page(request.GET.get("page"))
    return render(
        request,
        "predictions/forecasts.html",
        {"account": chosen.account, "accounts": linked, "page": page},
    )


@require_safe
@login_required
def forecast(request: SignedInRequest, prediction_id: str) -> HttpResponse:
    given = get_object_or_404(predictions_of(request.user), public_id=prediction_id)
    outcome: Outcome | None = getattr(given, "outcome", None)
    return render(
        request,
        "predictions/forecast_detail.html",
        {"forecast": given, "outcome": outcome, "charts": _charts(given, outcome)},
    )


def _predict(user: User, account: TikTokAccount, form: DraftForm) -> services.PredictionResult | None:
    """Forecast the form's draft; None, with the form's errors saying why, where it is not sound."""
    if not form.is_valid():
        return None
    draft = form.cleaned_data
    try:
        return services.predict(
            user=user,
            account_id=account.public_id,
            text=draft["caption"],
            hashtags=(),
            scheduled_for=draft["scheduled_for"],
            duration_s=draft["duration_s"],
            cover=draft["cover"].read() if draft["cover"] else None,
            client=CLIENT,
            explain=True,
        )
    except UnreadableImage as error:
        form.add_error("cover", str(error))
        return None


def _charts(given: Prediction, outcome: Outcome | None = None) -> list[RangeChart]:
    return [
        range_chart(
            width=width,
            low=given.low,
            high=given.high,
            typical=given.typical,
            point=given.point,
            baseline=given.baseline,
            outcome=outcome.likes if outcome else None,
        )
        for width in CHART_WIDTHS
    ]
