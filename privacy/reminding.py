"""A browser remembers on which day somebody last signed in with it, and nothing else of them.

Sessions end long before the ninth month, so that whoever is to be warned of being erased is never signed in. What the
service knows of them cannot be shown to somebody unknown; what their own browser knows can.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from privacy.retention import INACTIVE_AFTER, is_soon

COOKIE = "last-sign-in"
LASTS = INACTIVE_AFTER + timedelta(days=1)
_JUST_NOW = "signed_in_just_now"


def remember_sign_in(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: the answer to a sign-in leaves the day of it in the browser, signed."""

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
    """Of people; staff are not erased for being away."""
    if request is not None and not user.is_staff:
        setattr(request, _JUST_NOW, True)


def erased_after_absence(request: HttpRequest) -> datetime | None:
    """The day on which whoever last signed in with this browser is erased; None while it is far, or not known."""
    day = request.get_signed_cookie(COOKIE, default="", max_age=LASTS)
    if not day:
        return None
    since = datetime.fromisoformat(day).replace(tzinfo=timezone.get_current_timezone())
    return since + INACTIVE_AFTER if is_soon(since + INACTIVE_AFTER) else None
