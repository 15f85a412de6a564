"""The limits in Django REST framework: its throttle class, and refusals for want of a sign-in."""

from typing import Any

from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from config.rate_limits import subjects
from config.rate_limits.checks import enforce
from config.rate_limits.variables import Limit


class RateLimitThrottle(BaseThrottle):
    """Counts every call, and what the view's `rate_limits` ({method: limits}) name besides; raises RateLimited."""

    def allow_request(self, request: Request, view: Any) -> bool:
        everything = Limit.USER if request.user.is_authenticated else Limit.ANON
        named: tuple[Limit, ...] = getattr(view, "rate_limits", {}).get(request.method, ())
        enforce(request, *named, everything)
        return True


def count_refusal(request: Request) -> None:
    """Count a 401 for the address; raise RateLimited over the limit: whoever guesses then learns nothing more.

    Somebody else's right token is still served, also behind the same address.
    """
    enforce(request, Limit.REFUSED, subject=subjects.address(request._request))
