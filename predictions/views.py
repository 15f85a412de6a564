"""Pages of predictions: the composer, and earlier forecasts with what became of them and feedback on them."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import TikTokAccount, User
from accounts.requests import SignedInRequest, choose_account
from posts.content import UnreadableImage, measure_cover
from predictions import services
from predictions.charts import RangeChart, range_chart
from predictions.forms import DraftForm, FeedbackForm
from predictions.models import Feedback, Outcome, Prediction
from predictions.selectors import feedback_on, predictions_of
from privacy.consent.selectors import has_consent, require
from privacy.purposes import Purpose

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
    require(request.user.pk, Purpose.SERVICE)
    context = {"account": chosen.account, "accounts": linked, "form": DraftForm.starting_now()}
    if request.method == "POST":
        context["form"] = form = DraftForm(request.POST, request.FILES)
        if result := _predict(request.user, chosen.account, form):
            context |= {
                "forecast": result.prediction,
                "charts": _charts(result.prediction),
                "feedback_form": FeedbackForm.beside(None, keeps_texts=has_consent(request.user.pk, Purpose.DRAFTS)),
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
    said = _said_of(given)
    form = FeedbackForm.beside(said, keeps_texts=has_consent(request.user.pk, Purpose.DRAFTS))
    return _forecast_page(request, given, said, form)


@require_POST
@login_required
def give_feedback(request: SignedInRequest, prediction_id: str) -> HttpResponse:
    given = get_object_or_404(predictions_of(request.user), public_id=prediction_id)
    said = _said_of(given)
    form = FeedbackForm.beside(said, request.POST, keeps_texts=has_consent(request.user.pk, Purpose.DRAFTS))
    if not form.is_valid():
        return _forecast_page(request, given, said, form)
    services.give_feedback(prediction=given, **form.cleaned_data)
    messages.success(request, "Thank you. What you said is kept beside the forecast.")
    return _back_to_feedback(given)


@require_POST
@login_required
def take_back_feedback(request: SignedInRequest, prediction_id: str) -> HttpResponse:
    given = get_object_or_404(predictions_of(request.user), public_id=prediction_id)
    services.take_back_feedback(prediction=given)
    messages.success(request, "What you said of this forecast is forgotten.")
    return _back_to_feedback(given)


def _said_of(given: Prediction) -> Feedback | None:
    return feedback_on(given).filter(subject=Feedback.FORECAST).first()


def _forecast_page(
    request: SignedInRequest, given: Prediction, said: Feedback | None, form: FeedbackForm
) -> HttpResponse:
    outcome: Outcome | None = getattr(given, "outcome", None)
    return render(
        request,
        "predictions/forecast_detail.html",
        {
            "forecast": given,
            "outcome": outcome,
            "measures_within": outcome.measures_within if outcome and outcome.is_measured else {},
            "charts": _charts(given, outcome),
            "feedback": said,
            "feedback_form": form,
        },
    )


def _back_to_feedback(given: Prediction) -> HttpResponse:
    return redirect(f"{reverse('predictions:forecast', args=[given.public_id])}#feedback")


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
            cover=measure_cover(draft["cover"].read()) if draft["cover"] else None,
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
