"""The sign-in that a browser has under way at TikTok, in a signed cookie of its own.

allauth keeps the state of a sign-in in the session, which would be a row in the database for everybody who presses the
button. It is small, short-lived, and useless to anybody but this browser.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any

from allauth.socialaccount.internal.statekit import STATES_SESSION_KEY
from django.conf import settings
from django.contrib.sessions.backends.signed_cookies import SessionStore
from django.http import HttpRequest, HttpResponse

LASTS_S = 3_600
"""Longer than a state is good for (ten minutes), so that a late return can be told from one to another browser."""
MAX_STATES = 4
"""Sign-ins begun beside each other; a browser takes no more than 4 kB."""
_WAITING = "waiting"


class _Jar(SessionStore):
    """A session whose key is its signed content."""

    def get_session_cookie_age(self) -> int:
        return LASTS_S


@dataclass(frozen=True, slots=True)
class Waiting:
    """The sign-in that this browser waits for: its secret, its start (Unix time), allauth's state and its id."""

    secret: str
    since: float
    state_id: str
    state: dict[str, Any]

    @property
    def age_s(self) -> float:
        """Return the seconds since TikTok sent the browser back."""
        return time.time() - self.since


class StateCookie:
    """The cookie of one request."""

    def __init__(self, request: HttpRequest) -> None:
        self._request = request
        self._jar: Any = _Jar(request.COOKIES.get(cookie_name()))

    @contextmanager
    def in_place_of_session(self) -> Iterator[None]:
        """Let allauth's functions within the block keep their states in this cookie."""
        session = self._request.session
        self._request.session = self._jar
        try:
            yield
        finally:
            # allauth puts a fresh object in its place
            self._jar, self._request.session = self._request.session, session

    def begun_at(self, state_id: str) -> float | None:
        """Return when the sign-in with this state was begun (Unix time); None if not by this browser."""
        stashed = self._jar.get(STATES_SESSION_KEY, {}).get(state_id)
        return float(stashed[1]) if stashed else None

    @property
    def waiting(self) -> Waiting | None:
        """The sign-in that this browser waits for, if any."""
        found = self._jar.get(_WAITING)
        return Waiting(**found) if found else None

    @waiting.setter
    def waiting(self, value: Waiting | None) -> None:
        if value is None:
            self._jar.pop(_WAITING, None)
        else:
            self._jar[_WAITING] = asdict(value)

    def set_on(self, response: HttpResponse) -> HttpResponse:
        """Send the cookie with the response, or have the browser drop it if nothing is under way; return it."""
        states = self._jar.get(STATES_SESSION_KEY, {})
        newest = sorted(states, key=lambda state_id: float(states[state_id][1]))[-MAX_STATES:]
        self._jar[STATES_SESSION_KEY] = {state_id: states[state_id] for state_id in newest}
        if not newest and self.waiting is None:
            response.delete_cookie(cookie_name(), samesite="Lax")
            return response
        self._jar.save()
        response.set_cookie(
            cookie_name(),
            self._jar.session_key,
            max_age=LASTS_S,
            httponly=True,
            secure=settings.SESSION_COOKIE_SECURE,
            samesite="Lax",
        )
        return response


def cookie_name() -> str:
    """Return the cookie's name; with `__Host-` no neighbouring host can plant one."""
    return "__Host-signing-in" if settings.SESSION_COOKIE_SECURE else "signing-in"
