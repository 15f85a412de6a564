"""One try of a staff member's secret: limited, delayed after failures, and told in the trail and the log."""

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import structlog
from django.http import HttpRequest

from accounts.models import User
from config.rate_limits import Limit, RateLimited, subjects
from config.rate_limits.checks import enforce_all
from config.rate_limits.delays import Trier, Try
from privacy.models import AccessEvent
from privacy.trail.services import record

log = structlog.get_logger(__name__)

FREE_BY_NAME = 3
FREE_BY_ADDRESS = 10
"""Failures before the first delay: an address is shared by more people than a name."""


@dataclass(slots=True)
class Verdict:
    """Outcome of the try; the block that looks at the secret sets it."""

    right: bool = False


@contextmanager
def one_try(request: HttpRequest, limit: Limit, who: str, *, user_id: Callable[[], int | None]) -> Iterator[Verdict]:
    """Let the block look at a secret of `who` (a subject of `config.rate_limits`), unless there were too many tries.

    Raises RateLimited before anything is looked at. A failure is an event of the person whom `user_id` then names.
    """
    address = subjects.address(request)
    attempt = Try(limit, [Trier(who, FREE_BY_NAME), Trier(address, FREE_BY_ADDRESS)])
    if attempt.wait_s:
        log.warning("secret_refused_unseen", secret=limit.value, wait_s=attempt.wait_s)
        raise RateLimited("After wrong tries there is a pause, which grows with each.", math.ceil(attempt.wait_s))
    verdict = Verdict()
    try:
        enforce_all(request, [(limit, who, 1), (limit, address, 1)])
        yield verdict
    finally:
        attempt.end(right=verdict.right)
    if not verdict.right:
        subject = user_id()
        log.warning("secret_wrong", secret=limit.value, known=subject is not None)
        record(
            action=AccessEvent.Action.REFUSED,
            subjects=[] if subject is None else [subject],
            what=f"sign-in refused: wrong {WORDS[limit]}",
        )


WORDS = {Limit.PASSWORD: "password", Limit.SECOND_FACTOR: "code of the second factor"}


def id_of(username: str) -> int | None:
    """Return the number of the person with this name, None if there is none."""
    return User.objects.filter(username=username).values_list("pk", flat=True).first()
