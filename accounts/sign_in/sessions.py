"""Sessions: what they remember of a sign-in, the list of a person's, and how they end."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from allauth.account.authentication import AUTHENTICATION_METHODS_SESSION_KEY
from allauth.account.signals import authentication_step_completed
from django.contrib.auth.signals import user_logged_in
from django.contrib.sessions.backends.base import UpdateError
from django.contrib.sessions.models import Session
from django.db.models import QuerySet
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from accounts.devices import device_of
from accounts.models import SignIn, User
from privacy.models import AccessEvent
from privacy.people import SIGNED_IN_AT
from privacy.trail.services import record

NOTED_EVERY = timedelta(hours=1)
"""`last_used_at` is at most this old while a session is in use: a write for every request would cost too much."""
_NOTED_AT = "use_noted_at"


@receiver(authentication_step_completed)
def forget_the_id(request: HttpRequest, **_: Any) -> None:
    """Take the id out of allauth's record of how the person signed in; nothing here reads it."""
    records = request.session.get(AUTHENTICATION_METHODS_SESSION_KEY, [])
    without = [{key: value for key, value in record.items() if key != "uid"} for record in records]
    request.session[AUTHENTICATION_METHODS_SESSION_KEY] = without


@receiver(user_logged_in)
def list_sign_in(request: HttpRequest | None, user: User, **_: Any) -> None:
    """Put the session of a new sign-in on its person's list."""
    if request is not None and hasattr(request, "session"):
        _note_use(request, user)


def note_use(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: note, once an hour, that a session is used."""

    def answer(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        noted = request.session.get(_NOTED_AT, 0) if request.user.is_authenticated else None
        if noted is not None and noted < (timezone.now() - NOTED_EVERY).timestamp() and request.session.session_key:
            assert isinstance(request.user, User)
            _note_use(request, request.user)
        return response

    return answer


def sign_ins_of(user: User) -> QuerySet[SignIn]:
    """Return the person's sessions that have not ended, the last used first."""
    return SignIn.objects.filter(user=user, session__expire_date__gt=timezone.now())


def end(sign_ins: QuerySet[SignIn]) -> int:
    """End these sessions of one person; return how many."""
    ended = list(sign_ins.values_list("session_id", "user_id"))
    Session.objects.filter(pk__in=[session for session, _ in ended]).delete()
    if ended:
        record(action=AccessEvent.Action.CHANGE, subjects={user for _, user in ended}, what="sessions were ended")
    return len(ended)


def _note_use(request: HttpRequest, user: User) -> None:
    """Write the row, also where a new key took the place of the one that the row was for."""
    now = timezone.now()
    request.session[_NOTED_AT] = now.timestamp()
    begun = request.session.setdefault(SIGNED_IN_AT, now.timestamp())
    try:
        # the row refers to the session's, which otherwise is written with the answer
        request.session.save()
    except UpdateError:
        # it was ended meanwhile
        return
    SignIn.objects.update_or_create(
        session_id=request.session.session_key,
        defaults={"user": user, "last_used_at": now},
        create_defaults={
            "user": user,
            "device": device_of(request.headers.get("User-Agent", "")),
            "begun_at": datetime.fromtimestamp(begun, UTC),
            "last_used_at": now,
        },
    )
