"""The page on which people give and withdraw consent."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from config.numbers import whole_number
from config.rate_limits import Limit, enforce
from privacy.consent import selectors, services
from privacy.consent.questions import questions_on, save_answers
from privacy.models import Through
from privacy.people import person_of
from privacy.purposes import Purpose


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def consents(request: HttpRequest) -> HttpResponse:
    """Show what the person agrees to, purpose by purpose; give and withdraw what they changed."""
    if request.method == "POST":
        try:
            _save(request)
        except services.OutdatedText:
            words = gettext("A text has changed since. Nothing was saved: please read it, then choose again.")
            messages.error(request, words)
            return redirect("privacy:consents")
        if selectors.has_consent(person_of(request), Purpose.SERVICE):
            messages.success(request, gettext("Your choice is saved."))
            return redirect(settings.LOGIN_REDIRECT_URL if "start" in request.POST else "privacy:consents")
        words = gettext("Your choice is saved. Without the first consent Postcast does nothing for you.")
        messages.warning(request, words)
        return redirect("privacy:consents")
    asked = selectors.asked_of(person_of(request))
    past = selectors.history_of(person_of(request))
    is_start = not past
    questions = questions_on(request) if is_start else []
    return render(
        request,
        "privacy/consents.html",
        {"asked": asked, "past": past, "is_start": is_start, "questions": questions},
    )


@transaction.atomic
def _save(request: HttpRequest) -> None:
    """Give and withdraw what was changed, all of it or nothing. Raise OutdatedText if a text was replaced meanwhile."""
    agreed = selectors.purposes_of(person_of(request))
    chosen = request.POST.getlist("agree")
    if set(chosen) - agreed:
        enforce(request, Limit.CHANGE)
    for purpose in Purpose:
        wanted = purpose in chosen
        if wanted and purpose not in agreed:
            shown = _version_shown(request, purpose)
            services.give(user_id=person_of(request), purpose=purpose, through=Through.PAGE, version=shown)
        elif not wanted:
            services.withdraw(user_id=person_of(request), purpose=purpose, through=Through.PAGE)
    if "start" in request.POST and Purpose.SERVICE in chosen:
        save_answers(request)


def _version_shown(request: HttpRequest, purpose: Purpose) -> int:
    """Return the version in the form; 0, which no text has, where it is missing or malformed."""
    return whole_number(request.POST.get(f"version-{purpose}", "")) or 0
