"""Scopes of API tokens: what a program that holds one may do for its person."""

from dataclasses import dataclass
from enum import StrEnum

READING = ("GET", "HEAD", "OPTIONS")


class Scope(StrEnum):
    """One permission; `SCOPE_WORDS` says what it permits."""

    FORECASTS_READ = "forecasts:read"
    FORECASTS_WRITE = "forecasts:write"
    POSTS_READ = "posts:read"
    POSTS_WRITE = "posts:write"
    ACCOUNT_READ = "account:read"
    ACCOUNT_WRITE = "account:write"
    PRIVACY = "privacy"


SCOPE_WORDS = {
    Scope.FORECASTS_READ: "Read forecasts, drafts, experiments, what was learned; try and compare drafts unrecorded",
    Scope.FORECASTS_WRITE: (
        "Record forecasts, save drafts, comment, share by links, give feedback, report suggestions, run experiments"
    ),
    Scope.POSTS_READ: "Read posts and their counts, and how far a refresh is",
    Scope.POSTS_WRITE: "Fetch posts again, and send posts",
    Scope.ACCOUNT_READ: "Read who you are, your TikTok accounts and your notifications",
    Scope.ACCOUNT_WRITE: "Change settings of your TikTok accounts, mark notifications read, add webhooks and devices",
    Scope.PRIVACY: "Read what you agreed to, and who looked at your data",
}
"""Scope -> its permission in words for a person."""


@dataclass(frozen=True, slots=True)
class RequiredScopes:
    """The scopes that a view asks a token for, by whether the method only reads; None: no token is let in."""

    read: Scope | None
    write: Scope | None

    def of(self, method: str) -> Scope | None:
        """Return the scope that the HTTP method needs."""
        return self.read if method in READING else self.write


PEOPLE_ONLY = RequiredScopes(None, None)
"""Views for people who signed in, not for programs."""
FORECASTS = RequiredScopes(Scope.FORECASTS_READ, Scope.FORECASTS_WRITE)
FORECASTS_READ = RequiredScopes(Scope.FORECASTS_READ, Scope.FORECASTS_READ)
"""Also of what is posted: a comparison is computed and not recorded."""
POSTS = RequiredScopes(Scope.POSTS_READ, Scope.POSTS_WRITE)
ACCOUNT = RequiredScopes(Scope.ACCOUNT_READ, Scope.ACCOUNT_WRITE)
SEATS = RequiredScopes(Scope.ACCOUNT_READ, None)
"""Programs may not let anybody in."""
MAIL = RequiredScopes(Scope.ACCOUNT_READ, None)
"""Whoever gives an address agrees to be written to: people alone do."""
PRIVACY = RequiredScopes(Scope.PRIVACY, None)
