"""What every page may have to say."""

from typing import Any

from django.http import HttpRequest

from privacy.reminding import erased_after_absence
from privacy.retention import warned_of


def inactivity(request: HttpRequest) -> dict[str, Any]:
    """`erased_after` for people, and browsers, that have not signed in for nine months."""
    user = getattr(request, "user", None)
    if user is not None and user.is_authenticated:
        return {"erased_after": warned_of(user)}
    return {"erased_after": erased_after_absence(request)}
