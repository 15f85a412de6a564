"""Pages on which people ask for their erasure, and see how it stands."""

from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_safe

from config.languages.told import told
from config.rate_limits import Limit, enforce
from privacy.erasure import selectors, services
from privacy.models import Erasure, Through
from privacy.people import SIGN_IN_AGAIN, person_of, signed_in_lately


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def erasure(request: HttpRequest) -> HttpResponse:
    """Ask for erasure, skip the wait, or cancel it."""
    if request.method == "POST":
        return _grant_wish(request, request.POST.get("wish", ""))
    active = selectors.erasure_of(person_of(request))
    return render(
        request,
        "privacy/erasure.html",
        {"erasure": active, "days": services.GRACE.days, "lately": signed_in_lately(request)},
    )


@require_safe
def receipt(request: HttpRequest, public_id: str) -> HttpResponse:
    """Show how an erasure stands to anybody with its number: there is no account any more to sign in with."""
    return render(request, "privacy/receipt.html", {"erasure": get_object_or_404(Erasure, public_id=public_id)})


def _grant_wish(request: HttpRequest, wish: str) -> HttpResponse:
    if wish == "cancel":
        if services.cancel_erasure(user_id=person_of(request)):
            messages.success(request, gettext("Nothing will be erased."))
    elif wish in ("later", "now"):
        if wish == "now" and not signed_in_lately(request):
            messages.error(request, told(SIGN_IN_AGAIN))
            return redirect("privacy:erasure")
        enforce(request, Limit.CHANGE)
        grace = None if wish == "now" else services.GRACE
        try:
            asked = services.request_erasure(
                user_id=person_of(request), reason=Erasure.Reason.PERSON, through=Through.PAGE, grace=grace
            )
        except services.StaffStay as error:
            messages.error(request, told(error))
            return redirect("privacy:erasure")
        if wish == "now":
            logout(request)
            return redirect("privacy:receipt", public_id=asked.public_id)
    return redirect("privacy:erasure")
