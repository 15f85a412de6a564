"""The person behind a request, and their row."""

from collections.abc import Callable
from datetime import timedelta, tzinfo
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.signals import user_logged_in
from django.contrib.sessions.backends.base import SessionBase
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils import timezone
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

SIGNED_IN_AT = "signed_in_at"
"""The key of the session under which the time of the sign-in stands, in seconds since 1970."""
LATELY = timedelta(minutes=10)
"""Greatest age of a sign-in for actions that cannot be undone: a session may be somebody else's."""
SIGN_IN_AGAIN = (
    f"This needs a sign-in of the last {LATELY.seconds // 60} minutes: sign out and in again, then repeat it."
)


@receiver(user_logged_in)
def note_time(request: HttpRequest | None, **_: Any) -> None:
    """Write the time of the sign-in into its session."""
    if request is not None and hasattr(request, "session"):
        request.session[SIGNED_IN_AT] = timezone.now().timestamp()


def signed_in_lately(request: HttpRequest | Request) -> bool:
    """Return whether the session of the request began within LATELY; False for a program with a token."""
    auth = getattr(request, "auth", None)
    if auth is not None and not isinstance(auth, SessionBase):
        return False
    session = request.session if auth is None else auth
    return bool(session.get(SIGNED_IN_AT, 0) > (timezone.now() - LATELY).timestamp())


class IsAPerson(BasePermission):
    """Admits people who signed in, not programs that hold a token."""

    message = "This cannot be done with an API token: sign in."

    def has_permission(self, request: Request, view: Any) -> bool:
        return request.auth is None or isinstance(request.auth, SessionBase)


def person_of(request: HttpRequest | Request) -> int:
    """Return the primary key of the person who is signed in; for views that require a sign-in."""
    assert request.user.pk is not None
    return int(request.user.pk)


FindZone = Callable[[int], tzinfo | None]
_zone_finders: list[FindZone] = []


def find_zones_with(find: FindZone) -> FindZone:
    """Register a function that knows a person's time zone; it returns None for one without."""
    _zone_finders.append(find)
    return find


def use_local_time(user_id: int) -> None:
    """Write times in the person's own time zone until the request ends; in UTC for one without."""
    for find in _zone_finders:
        if zone := find(user_id):
            timezone.activate(zone)


def lock_person(user_id: int) -> None:
    """Lock the person's row until the transaction ends, so that two requests of theirs follow one another."""
    list(get_user_model()._default_manager.select_for_update(no_key=True).filter(pk=user_id).values_list("pk"))
