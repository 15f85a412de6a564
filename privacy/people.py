"""The person behind a request, and their row."""

from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest
from rest_framework.permissions import BasePermission
from rest_framework.request import Request


class IsAPerson(BasePermission):
    """Admits people who signed in, not programs that hold a token."""

    message = "This cannot be done with an API token: sign in."

    def has_permission(self, request: Request, view: Any) -> bool:
        return request.auth is None or isinstance(request.auth, SessionBase)


def person_of(request: HttpRequest | Request) -> int:
    """Return the primary key of the person who is signed in; for views that require a sign-in."""
    assert request.user.pk is not None
    return int(request.user.pk)


def lock_person(user_id: int) -> None:
    """Lock the person's row until the transaction ends, so that two requests of theirs follow one another."""
    list(get_user_model()._default_manager.select_for_update(no_key=True).filter(pk=user_id).values_list("pk"))
