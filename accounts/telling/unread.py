"""The number of unread notices in the menu of each page."""

from typing import Any

from django.db import DatabaseError
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from accounts.telling.selectors import count_unread


def unread(request: HttpRequest) -> dict[str, Any]:
    """Return the number for templates; it is counted only by a page that has the menu."""
    return {"unread_notices": SimpleLazyObject(lambda: _count(request))}


def _count(request: HttpRequest) -> int:
    user_id = request.user.pk if hasattr(request, "user") else None
    if user_id is None:
        return 0
    try:
        return count_unread(user_id)
    except DatabaseError:
        # a page that says what went wrong has the menu too
        return 0
