"""The gate: no request is served, and no task runs, while ledger and database disagree on the erasures.

Every process checks by itself: a database that is restored under running processes is noticed within seconds.
"""

import time
from collections.abc import Callable

import structlog
from django.db import DatabaseError
from django.db.models import Count, Max
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from config.unavailable import DATABASE_AWAY, DATABASE_RETRY_S, unavailable
from privacy.erasure import ledger
from privacy.erasure.restores import replay
from privacy.models import Erasure

log = structlog.get_logger(__name__)

CHECK_EVERY_S = 5.0
RETRY_AFTER_S = 30
STAY_OPEN = ("telemetry:healthz", "telemetry:readyz", "telemetry:metrics", "telemetry:status")
WORDS = "Postcast lets nobody in at the moment: it makes sure first that all who were erased stay erased."


class Gate:
    """Why nobody may be let in, checked every few seconds; the ledger is read only where something changed."""

    def __init__(self) -> None:
        self._checked_at = float("-inf")
        self._seen: object = None
        self._reason = ""
        self.database_away = False
        """True where the gate is shut because the database could not be asked, and for no other reason."""

    def reason(self) -> str:
        """Return a sentence while the gate is shut, else an empty text."""
        if time.monotonic() - self._checked_at >= CHECK_EVERY_S:
            before = self._reason
            self._check()
            self._checked_at = time.monotonic()
            if self._reason != before:
                log.error("gate_shut", reason=self._reason) if self._reason else log.info("gate_open")
        return self._reason

    def _check(self) -> None:
        self.database_away = False
        try:
            seen = (ledger.fingerprint(), _begun_erasures())
            if self._reason or seen != self._seen:
                self._reason = replay.reason_to_stay_shut()
            self._seen = seen
        except (DatabaseError, OSError) as error:
            self.database_away = isinstance(error, DatabaseError)
            self._reason = f"The erasures cannot be looked up: {type(error).__name__}"


GATE = Gate()


class GateMiddleware:
    """Answers 503 while the gate is shut, except to monitoring and on the page of what works."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not GATE.reason() or request.path_info in map(reverse, STAY_OPEN):
            return self.get_response(request)
        if GATE.database_away:
            return unavailable(request, DATABASE_AWAY, retry_after_s=DATABASE_RETRY_S)
        return unavailable(request, WORDS, retry_after_s=RETRY_AFTER_S)


def _begun_erasures() -> object:
    """Return a value that changes with the erasures in the database. One query."""
    begun = Erasure.objects.filter(state__in=replay.BEGUN)
    return tuple(begun.aggregate(Count("pk"), Max("pk"), Max("requested_at")).values())
