"""The page "Insights"."""

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from accounts.linked.switcher import SignedInRequest, choose_account
from privacy.consent.selectors import require
from privacy.purposes import Purpose


@require_safe
@login_required
def insights(request: SignedInRequest) -> HttpResponse:
    """Show the page of the chosen account."""
    chosen, linked = choose_account(request)
    if chosen is None:
        return redirect("posts:home")
    require(request.user.pk, Purpose.SERVICE)
    return render(request, "insights/insights.html", {"account": chosen.account, "accounts": linked})
