"""Check limits in views: take what a request costs, or raise RateLimited."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any, TypeVar

import structlog
from django.conf import settings
from django.http import HttpRequest
from prometheus_client import Counter
from rest_framework.exceptions import APIException
from rest_framework.request import Request

from config.rate_limits import subjects
from config.rate_limits.remembered import take_remembered
from config.rate_limits.variables import Limit, parse_rate
from config.rate_limits.windows import Charge, Marked, take

log = structlog.get_logger(__name__)

REFUSED = Counter("postcast_rate_limited_total", "Requests refused because a limit was reached.", ["limit"])

View = TypeVar("View", bound=Callable[..., Any])


class RateLimited(APIException):
    """Raised over a limit: answers 429 with `Retry-After`, as a problem in the API and as a page elsewhere."""

    status_code = HTTPStatus.TOO_MANY_REQUESTS
    default_code = "rate_limited"

    def __init__(self, detail: str, wait: int) -> None:
        super().__init__(f"{detail} Try again in {words_for(wait)}.")
        self.wait = wait


def enforce(request: HttpRequest | Request, *limits: Limit, subject: str | None = None, cost: int = 1) -> None:
    """Take `cost` of each limit for the subject, by default the person or else the address; raise RateLimited.

    All limits are taken, or none if one has no room. The answer says how the windows stand (`config.middleware`).
    """
    subject = subject or subjects.person_or_address(request)
    enforce_all(request, [(limit, subject, cost) for limit in limits])


def enforce_all(request: HttpRequest | Request, costs: list[tuple[Limit, str, int]]) -> None:
    """Take each (limit, subject, cost) as one, in one round trip; raise RateLimited, and then nothing was taken.

    The same round trip tells whether what this process remembers of the caller still holds; if not, they are asked for
    anew, which may refuse the request.
    """
    django_request: Any = request._request if isinstance(request, Request) else request
    charges = [Charge(limit, subject, rate_of(limit), cost) for limit, subject, cost in costs]
    remembered = take_remembered(django_request)
    try:
        answer = take(charges, remembered.mark if remembered else None)
    except Marked:
        assert remembered is not None
        remembered.confirm()
        answer = take(charges)
    earlier = django_request.__dict__.setdefault("rate_limit_standings", {})
    earlier.update({each.charge.limit: each for each in answer.standings})
    if answer.passes:
        return
    full = answer.fullest
    REFUSED.labels(full.charge.limit).inc()
    log.warning("rate_limited", limit=full.charge.limit.value)
    raise RateLimited(f"Too many {full.charge.limit.counted}: at most {full.charge.rate}.", max(1, full.reset_s))


def rate_of(limit: Limit) -> Any:
    """Return the limit's rate, from the settings."""
    return parse_rate(settings.RATE_LIMITS[limit])


def rate_limited(*limits: Limit) -> Callable[[View], View]:
    """Mark a page: requests to it that are not safe count against the limits, beside the one of all pages."""

    def mark(view: View) -> View:
        view.rate_limits = limits  # type: ignore[attr-defined]
        return view

    return mark


def words_for(seconds: int) -> str:
    """Return a wait in words, rounded up, e.g. "34 seconds" or "2 hours"."""
    for name, size in (("hour", 3_600), ("minute", 60)):
        if seconds > 2 * size:
            return f"{-(-seconds // size)} {name}s"
    return f"{seconds} second{'' if seconds == 1 else 's'}"
