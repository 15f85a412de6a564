"""The warning, on every page from the ninth month without a sign-in on, that a person will be erased.

Sessions end long before the ninth month: people who are to be warned are never signed in. What the service knows of
them cannot be shown to an unknown visitor, but their own browser can remember the day of the last sign-in with it.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from privacy.erasure.inactivity import INACTIVE_AFTER, erased_after

WARNED_BEFORE = timedelta(days=91)
COOKIE = "last-sign-in"
LASTS = INACTIVE_AFTER + timedelta(days=1)
_JUST_NOW = "signed_in_just_now"


def inactivity(request: HttpRequest) -> dict[str, Any]:
    """Return `erased_after` for every page: the day of the erasure to warn the visitor of, or None."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        day = _erased_after_absence(request)
    else:
        day = None if user.is_staff else erased_after(user)
    return {"erased_after": day if day and day - timezone.now() < WARNED_BEFORE else None}


def remember_sign_in(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: leave the day of a sign-in in the browser, signed, with the answer to it."""

    def answer(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if hasattr(request, _JUST_NOW):
            response.set_signed_cookie(
                COOKIE,
                timezone.now().date().isoformat(),
                max_age=LASTS,
                httponly=True,
                secure=settings.SESSION_COOKIE_SECURE,
                samesite="Lax",
            )
        return response

    return answer


@receiver(user_logged_in)
def note_sign_in(request: HttpRequest | None, user: Any, **_: Any) -> None:
    """Mark the request of a person's sign-in; staff are not erased for inactivity."""
    if request is not None and not user.is_staff:
        setattr(request, _JUST_NOW, True)


def _erased_after_absence(request: HttpRequest) -> datetime | None:
    """Return when the person who last signed in with this browser is erased; None if nobody did."""
    day = request.get_signed_cookie(COOKIE, default="", max_age=LASTS)
    return datetime.fromisoformat(day).replace(tzinfo=timezone.get_current_timezone()) + INACTIVE_AFTER if day else None
