"""Giving and taking back feedback on a forecast's page."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.linked.switcher import SignedInRequest
from predictions.feedback import services
from predictions.feedback.forms import FeedbackForm
from predictions.feedback.selectors import feedback_on_forecast
from predictions.forecasts.selectors import predictions_of
from predictions.forecasts.views import forecast_page
from predictions.models import Prediction
from privacy.consent.selectors import has_consent
from privacy.purposes import Purpose


@require_POST
@login_required
def give_feedback(request: SignedInRequest, prediction_id: str) -> HttpResponse:
    prediction = get_object_or_404(predictions_of(request.user), public_id=prediction_id)
    feedback = feedback_on_forecast(prediction)
    keeps_texts = has_consent(request.user.pk, Purpose.DRAFTS)
    form = FeedbackForm.of_forecast(feedback, request.POST, keeps_texts=keeps_texts)
    if not form.is_valid():
        return forecast_page(request, prediction, feedback_form=form)
    services.give_feedback(prediction=prediction, **form.cleaned_data)
    messages.success(request, _("Thank you. Your feedback is kept with the forecast."))
    return _to_feedback(prediction)


@require_POST
@login_required
def take_back_feedback(request: SignedInRequest, prediction_id: str) -> HttpResponse:
    prediction = get_object_or_404(predictions_of(request.user), public_id=prediction_id)
    services.take_back_feedback(prediction=prediction)
    messages.success(request, _("Your feedback on this forecast is deleted."))
    return _to_feedback(prediction)


def _to_feedback(prediction: Prediction) -> HttpResponse:
    return redirect(f"{reverse('predictions:forecast', args=[prediction.public_id])}#feedback")
