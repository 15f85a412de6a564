"""What every page may have to say."""

from typing import Any

from django.http import HttpRequest

from privacy.retention import warned_of


def inactivity(request: HttpRequest) -> dict[str, Any]:
    """`erased_after` for people who have not signed in for nine months."""
    user = getattr(request, "user", None)
    return {"erased_after": warned_of(user)} if user is not None and user.is_authenticated else {}
