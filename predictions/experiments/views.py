"""The page of an account's experiments: start one, draw the next arm, see what is known, stop."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.linked.switcher import SignedInRequest, choose_account
from config.languages.told import told
from config.rate_limits import Limit, rate_limited
from predictions.experiments import services
from predictions.experiments.forms import ExperimentForm
from predictions.experiments.selectors import experiments_of
from predictions.experiments.words import answer_of, instruction_of
from predictions.models import Experiment
from privacy.consent.selectors import require
from privacy.purposes import Purpose

LISTED = 20
"""Latest experiments on the page."""


@rate_limited(Limit.CHANGE)
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def experiments(request: SignedInRequest) -> HttpResponse:
    chosen, linked = choose_account(request)
    if chosen is None:
        return redirect("posts:home")
    require(request.user.pk, Purpose.SERVICE)
    form = ExperimentForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            services.start_experiment(account_id=chosen.account.pk, arms=form.cleaned_data["arms"])
        except services.AlreadyRunning as error:
            form.add_error(None, told(error))
        else:
            messages.success(request, _("Your experiment runs. Draw the way of your next post when you plan it."))
            return _to_experiments(chosen.account.public_id)
    rows = experiments_of(request.user).filter(account=chosen.account)[:LISTED]
    shown = [
        {
            "row": row,
            "is_running": row.state == Experiment.State.RUNNING,
            "says": answer_of(row),
            "first": row.arms.words(is_second=False),
            "second": row.arms.words(is_second=True),
            "draws": [(draw, instruction_of(draw, row)) for draw in reversed(row.assignments.all())],
        }
        for row in rows
    ]
    context = {"account": chosen.account, "accounts": linked, "form": form, "experiments": shown}
    context["has_running"] = any(each["is_running"] for each in shown)
    return render(request, "predictions/experiments.html", context)


@require_POST
@login_required
def draw(request: SignedInRequest, experiment_id: str) -> HttpResponse:
    experiment = get_object_or_404(experiments_of(request.user), public_id=experiment_id)
    try:
        assignment, is_new = services.draw_arm(experiment_id=experiment.pk)
    except services.NotRunning as error:
        messages.error(request, told(error))
    else:
        instruction = told(instruction_of(assignment, experiment))
        still = _("Still to come: %(instruction)s.") % {"instruction": instruction}
        messages.success(request, f"{instruction}." if is_new else still)
    return _to_experiments(experiment.account.public_id)


@require_POST
@login_required
def stop(request: SignedInRequest, experiment_id: str) -> HttpResponse:
    experiment = get_object_or_404(experiments_of(request.user), public_id=experiment_id)
    services.stop_experiment(experiment_id=experiment.pk)
    words = _("Your experiment is stopped. Its posts still count in what is learned of your account.")
    messages.success(request, words)
    return _to_experiments(experiment.account.public_id)


def _to_experiments(account_id: str) -> HttpResponse:
    return redirect(f"{reverse('predictions:experiments')}?account={account_id}")
