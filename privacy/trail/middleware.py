"""Records in the trail what requests show and change."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from privacy.models import AccessEvent, Through
from privacy.trail.acting import Acting, acting, recorded_subjects
from privacy.trail.members import opened_as_member
from privacy.trail.reasons import reason_of
from privacy.trail.services import changed, record
from privacy.trail.words import name_of

SAFE = ("GET", "HEAD", "OPTIONS")
_PUBLIC = "the same for everybody"
_SIGNING_OUT = "ends a session, or says that one has ended"
_SIGNING_IN = "leads to TikTok, waits for it, or says that a sign-in failed; a sign-in itself is recorded"

TOUCH_NOBODY = {
    **dict.fromkeys(("privacy:privacy", "accounts:welcome", "accounts:sign_in", "accounts:sign_in_failed"), _PUBLIC),
    **dict.fromkeys(("accounts:robots", "accounts:favicon", "api:schema", "api:trends", "security_txt"), _PUBLIC),
    **dict.fromkeys(("accounts:push_worker", "accounts:manifest", "api:push-key", "api:mail-consent"), _PUBLIC),
    **dict.fromkeys(
        ("public:help", "public:docs", "public:terms", "public:imprint", "public:language", "telemetry:status"), _PUBLIC
    ),
    "predictions:how_it_works": _PUBLIC,
    **dict.fromkeys(
        ("telemetry:livez", "telemetry:healthz", "telemetry:readyz", "telemetry:metrics"), "figures of the service"
    ),
    **dict.fromkeys((f"predictions:demo{page}" for page in ("", "_plan", "_posts", "_insights")), _PUBLIC),
    "accounts:remove_mail": "for whoever reads what was sent to an address; its removal is recorded as that",
    "predictions:shared": "shows what somebody shared: the view records it for them, and nothing of who opens it",
    "api:measure": "measures a draft and stores nothing",
    "predictions:try_draft": "shows who writes a draft what it would do, at each pause, and stores nothing",
    **dict.fromkeys(("account_logout", "account_inactive"), _SIGNING_OUT),
    **dict.fromkeys(("accounts:login", "accounts:connections", "tiktok_login"), _SIGNING_IN),
    **dict.fromkeys(("tiktok_callback", "tiktok_waiting", "tiktok_waiting_status"), _SIGNING_IN),
    "accounts:start_from_a_file": "makes a person, which is recorded as that",
    **dict.fromkeys(("socialaccount_login_cancelled", "socialaccount_login_error"), _SIGNING_IN),
}
"""Views that show and change nothing of a person, and why. Requests to all others are recorded for who is signed in."""


class TrailMiddleware:
    """Records whose data a request showed or changed, before the answer is sent.

    People reach their own data, and that of people who gave them a seat, noted with `note_member`: that is recorded for
    its owner. Staff reach that of others in the admin, which notes with `touch` whose rows a page shows.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with acting(lambda: _actor(request)):
            response = self.get_response(request)
            _record(request, response)
        return response


def _actor(request: HttpRequest) -> Acting:
    through = _through(request)
    if through == Through.ADMIN:
        name = request.user.get_username()
        return Acting(AccessEvent.Actor.STAFF, name, through, reason_of(request))
    if not request.user.is_authenticated:
        return Acting(AccessEvent.Actor.TIKTOK, "", Through.WEBHOOK)
    if opened := opened_as_member(request):
        # what a request changes is of one owner
        return Acting(AccessEvent.Actor.MEMBER, list(opened.values())[-1], through)
    return Acting(AccessEvent.Actor.PERSON, "", through)


def _through(request: HttpRequest) -> Through:
    match = request.resolver_match
    if match is not None and "admin" in match.namespaces:
        return Through.ADMIN
    return Through.API if request.path.startswith(("/api/", "/predict", "/_allauth/")) else Through.PAGE


def _record(request: HttpRequest, response: HttpResponse) -> None:
    match = request.resolver_match
    if match is None or not request.user.is_authenticated:
        return
    action = _action(request, response)
    if response.status_code >= 400 and action != AccessEvent.Action.REFUSED:
        return
    people: set[int] = request.__dict__.get("shown_people", set())
    if "admin" not in match.namespaces and match.view_name not in TOUCH_NOBODY:
        people = people | {int(request.user.pk)}
    recorded, what = recorded_subjects(), name_of(match)
    if not (opened := opened_as_member(request)):
        record(action=action, subjects=people - recorded, what=what)
        return
    through = _through(request)
    for owner, member in opened.items():
        if match.view_name not in TOUCH_NOBODY:
            _record_as(Acting(AccessEvent.Actor.MEMBER, member, through), action, {owner} - recorded, what)
    _record_as(Acting(AccessEvent.Actor.PERSON, "", through), action, people - recorded - opened.keys(), what)


def _record_as(actor: Acting, action: AccessEvent.Action, subjects: set[int], what: str) -> None:
    with acting(lambda: actor):
        record(action=action, subjects=subjects, what=what)


def _action(request: HttpRequest, response: HttpResponse) -> AccessEvent.Action:
    """Return what the request did; staff change something only where the admin notes that they did."""
    if request.method in SAFE:
        return AccessEvent.Action.READ
    if _through(request) != Through.ADMIN or changed(request):
        return AccessEvent.Action.CHANGE
    # asks whether to delete what it lists
    asks = "deletable_objects" in (getattr(response, "context_data", None) or {})
    return AccessEvent.Action.READ if asks else AccessEvent.Action.REFUSED
