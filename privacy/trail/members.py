"""Members: people whom somebody lets see their data. The trail knows each by a name that leads nowhere by itself.

An app says what the members of an owner are called, by those names:

    register_namer(names_of_members)
"""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from rest_framework.request import Request

Namer = Callable[[int], dict[str, str]]
"""Takes an owner's primary key, and returns what their members are called by their names in the trail."""
_namers: list[Namer] = []


def register_namer(namer: Namer) -> None:
    """Ask the function, too, what members are called."""
    _namers.append(namer)


def members_of(owner: int) -> dict[str, str]:
    """Return what the owner's members are called; those of whom nothing is known any more are left out."""
    return {member: called for namer in _namers for member, called in namer(owner).items()}


def note_member(request: HttpRequest | Request, *, owner: int, member: str) -> None:
    """Note that the request is answered with data of the owner (a primary key), to that member."""
    django_request: Any = request._request if isinstance(request, Request) else request
    django_request.__dict__.setdefault("opened_as_member", {})[owner] = member


def opened_as_member(request: HttpRequest) -> dict[int, str]:
    """Return the owners whose data the request was answered with, each with the member's name in the trail."""
    opened: dict[int, str] = request.__dict__.get("opened_as_member", {})
    return opened
