"""What privacy does around every request."""

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from privacy import trail
from privacy.consent import NoConsent
from privacy.models import AccessEvent, Through
from privacy.reasons import reason_of


class ConsentMiddleware:
    """Leads people to the page where they can agree, when something that they asked for needs that."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Of pages; the API answers with a problem (`config.api`)."""
        if not isinstance(exception, NoConsent):
            return None
        if request.method == "POST":
            messages.warning(request, str(exception))
        return redirect("privacy:consents")


SAFE = ("GET", "HEAD", "OPTIONS")
_PUBLIC = "the same for everybody"
_SIGNING_OUT = "ends a session, or says that one has ended"
_SIGNING_IN = "leads to TikTok, or says that a sign-in failed; what comes back is recorded"

TOUCH_NOBODY = {
    **dict.fromkeys(("privacy:privacy", "accounts:welcome", "accounts:sign_in", "accounts:sign_in_failed"), _PUBLIC),
    **dict.fromkeys(("accounts:robots", "accounts:favicon", "api:schema"), _PUBLIC),
    **dict.fromkeys(("telemetry:healthz", "telemetry:readyz", "telemetry:metrics"), "figures of the service"),
    **dict.fromkeys(("account_logout", "account_inactive"), _SIGNING_OUT),
    **dict.fromkeys(("accounts:login", "accounts:connections", "tiktok_login"), _SIGNING_IN),
    **dict.fromkeys(("socialaccount_login_cancelled", "socialaccount_login_error"), _SIGNING_IN),
}
"""Views that show and change nothing of a person, and why. Whatever is not here is recorded for who is signed in."""


class TrailMiddleware:
    """Records what requests showed or changed of whom, before the answer is sent.

    People reach their own data only, so that one event says it; staff reach others' in the admin, whose pages tell
    (`trail.touch`) whose rows they show.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with trail.acting(lambda: _acting(request)):
            response = self.get_response(request)
            _record(request, response)
        return response


def _acting(request: HttpRequest) -> trail.Acting:
    through = _through(request)
    if through == Through.ADMIN:
        name = request.user.get_username()
        return trail.Acting(AccessEvent.Actor.STAFF, name, through, reason_of(request))
    if not request.user.is_authenticated:
        return trail.Acting(AccessEvent.Actor.TIKTOK, "", Through.WEBHOOK)
    return trail.Acting(AccessEvent.Actor.PERSON, "", through)


def _through(request: HttpRequest) -> Through:
    match = request.resolver_match
    if match is not None and "admin" in match.namespaces:
        return Through.ADMIN
    return Through.API if request.path.startswith(("/api/", "/predict", "/_allauth/")) else Through.PAGE


def _record(request: HttpRequest, response: HttpResponse) -> None:
    match = request.resolver_match
    if match is None or response.status_code >= 400 or not request.user.is_authenticated:
        return
    people: set[int] = request.__dict__.get("shown_people", set())
    if "admin" not in match.namespaces and match.view_name not in TOUCH_NOBODY:
        people = people | {int(request.user.pk)}
    action = AccessEvent.Action.READ if request.method in SAFE else AccessEvent.Action.CHANGE
    trail.record(action=action, subjects=people - trail.recorded(), what=match.view_name or match.route)
