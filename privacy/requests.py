"""Whose request it is."""

from django.http import HttpRequest
from rest_framework.request import Request


def person_of(request: HttpRequest | Request) -> int:
    """The primary key of who is signed in; for views that only such people reach."""
    assert request.user.pk is not None
    return int(request.user.pk)
