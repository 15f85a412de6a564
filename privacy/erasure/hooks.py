"""Hooks with which apps take part in an erasure, beyond their declared tables, Redis keys and messages."""

from collections.abc import Callable, Collection
from enum import StrEnum

from privacy.declarations.kinds import Subject

Hook = Callable[[Subject], None]
Search = Callable[[Collection[str]], list[str]]


class Revoked(StrEnum):
    """The answer of a service that was asked to end access."""

    YES = "yes"
    LATER = "later"
    """The other side did not answer."""
    NEVER = "never"
    """There is no token left to end it with."""


Revoke = Callable[[Subject], Collection[Revoked]]
STOP: list[Hook] = []
REVOKE: list[Revoke] = []
FORGET: list[Hook] = []
LAST: list[Hook] = []
VERIFY: list[Search] = []


def on_stop(hook: Hook) -> Hook:
    """Register a hook that stops work for a subject and locks them out."""
    STOP.append(hook)
    return hook


def on_revoke(hook: Revoke) -> Revoke:
    """Register a hook that ends access elsewhere, and returns the outcome for each access."""
    REVOKE.append(hook)
    return hook


def on_forget(hook: Hook) -> Hook:
    """Register a hook that removes a subject from what was learned across people."""
    FORGET.append(hook)
    return hook


def on_last(hook: Hook) -> Hook:
    """Register a hook that runs in the transaction in which the subject's own rows are deleted."""
    LAST.append(hook)
    return hook


def on_verify(search: Search) -> Search:
    """Register a search for unique texts where only its app can look; it returns the places where one is left."""
    VERIFY.append(search)
    return search
