"""Reporting a suggestion from a forecast's page."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.linked.switcher import SignedInRequest
from config.languages.told import told
from predictions.reports.forms import ReportForm
from predictions.reports.selectors import reported_forecasts
from predictions.reports.services import NoSuchSuggestion, report_suggestion


@require_POST
@login_required
def report(request: SignedInRequest, prediction_id: str, rank: int) -> HttpResponse:
    prediction = get_object_or_404(reported_forecasts(request.user), public_id=prediction_id)
    form = ReportForm(request.POST)
    try:
        if form.is_valid():
            report_suggestion(prediction=prediction, rank=rank, **form.cleaned_data)
            messages.success(request, _("Thank you. The staff of this service see your report beside the suggestion."))
        else:
            words = _("Your report was not kept: choose a reason, and write at most 1,000 characters.")
            messages.error(request, words)
    except NoSuchSuggestion as error:
        messages.error(request, told(error))
    return redirect("predictions:forecast", prediction.public_id)
