"""The page that compares variants of a draft."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.linked.switcher import SignedInRequest, choose_account
from config.rate_limits import Limit, enforce, rate_limited
from posts.freshness import lazy_freshness
from predictions.comparisons.forms import VariantFormSet
from predictions.comparisons.services import FEWEST, Variant, compare
from predictions.forecasts.forms import DraftForm, next_full_hour
from privacy.consent.selectors import require
from privacy.purposes import Purpose

START = "start"
"""Name of the composer's button that begins a comparison with its draft."""


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@rate_limited(Limit.COMPARE)
def variants(request: SignedInRequest) -> HttpResponse:
    """Show empty variants, or the composer's draft in all of them, or what those that were sent would do."""
    chosen, linked = choose_account(request)
    if chosen is None:
        return redirect("posts:home")
    require(request.user.pk, Purpose.SERVICE)
    context: dict[str, Any] = {"account": chosen.account, "accounts": linked, "data": lazy_freshness(chosen.account.pk)}
    template = "predictions/variants.html"
    if request.method != "POST" or START in request.POST:
        draft = {"publish_at": next_full_hour()} | (_composed(request) if request.method == "POST" else {})
        return render(request, template, context | {"forms": VariantFormSet(initial=[draft] * FEWEST)})
    forms = VariantFormSet(request.POST)
    if not forms.is_valid():
        return render(request, template, context | {"forms": forms})
    drafts = [form.cleaned_data for form in forms if form.cleaned_data]
    enforce(request, Limit.PREDICT, cost=len(drafts))
    comparison = compare(
        user=request.user,
        account_id=chosen.account.public_id,
        variants=[Variant(each["caption"], (), each["publish_at"], each["duration_s"]) for each in drafts],
        now=timezone.now(),
    )
    context |= {"forms": forms, "comparison": comparison, "compared": zip(drafts, comparison.forecasts, strict=True)}
    return render(request, template, context)


def _composed(request: SignedInRequest) -> dict[str, object]:
    """Return what the composer holds, as far as it is sound."""
    form = DraftForm(request.POST)
    form.is_valid()
    values = {name: form.cleaned_data.get(name) for name in ("caption", "publish_at", "duration_s")}
    return {name: value for name, value in values.items() if value is not None}
