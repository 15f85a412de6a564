"""The interface of a platform whose posts can be ingested: `PlatformKind` as a whole, `Platform` for one account.

A platform answers in the types below, without what must not be kept: contacts in texts, posts that are not public. Its
calls are on behalf of one account, honour its rate limits, and are retried where that can help.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum
from typing import Protocol, Self

from accounts.models import Credential
from accounts.tiktok.client import Profile
from posts.content.written_counts import WrittenCount
from privacy.erasure.hooks import Revoked

HORIZON = timedelta(hours=24)
"""Age of a post at which its counts are forecast, on every platform."""


class Urgency(IntEnum):
    """Purpose of a call, the most urgent first: where calls are scarce, the last are left out first."""

    DAY = 0
    """Counts at 24 h: every label and outcome rests on them."""
    EARLY = 1
    """Counts at 1 and 6 h."""
    LATE = 2
    """Counts at 72 h and 7 days."""
    REFRESH = 3
    """An account that is read as a whole; it can wait, and says so."""
    LOOK = 4
    """A look for new posts and for covers, which comes again soon."""


class NotFetched(Exception):
    """Nothing can be fetched on this platform."""


class CoverUnavailable(Exception):
    """The picture cannot be downloaded; the message says why."""


class CoverHostTroubled(CoverUnavailable):
    """The host, not the picture, is at fault: other pictures there will hardly fare better now."""


@dataclass(frozen=True, slots=True)
class FetchedCounts:
    """A post's cumulative counts as of now; None where the platform does not say."""

    likes: int | None = None
    comments: int | None = None
    shares: int | None = None
    views: int | None = None
    coarseness: float | None = None
    """Half-width of the coarsest rounding among them, in log units: 0.042 for 1.2K; None where all are exact."""

    @classmethod
    def of(
        cls,
        likes: WrittenCount | None,
        comments: WrittenCount | None,
        shares: WrittenCount | None,
        views: WrittenCount | None,
        coarseness: float = 0.0,
    ) -> Self:
        """Return the counts; `coarseness` is a rounding that does not show in them."""
        known = [count for count in (likes, comments, shares, views) if count]
        widest = max((max(count.coarseness, coarseness) for count in known), default=0.0)
        return cls(
            likes=likes.value if likes else None,
            comments=comments.value if comments else None,
            shares=shares.value if shares else None,
            views=views.value if views else None,
            coarseness=widest or None,
        )


@dataclass(frozen=True, slots=True)
class FetchedPost:
    """A public post as the platform has it now. Texts are empty and the rest is None where it does not say."""

    id: str
    posted_at: datetime
    caption: str
    duration_s: int | None
    share_url: str
    """Safe to link to: http or https."""
    is_ai_generated: bool | None
    counts: FetchedCounts


@dataclass(frozen=True, slots=True)
class FetchedPage:
    """Some of an account's posts, newest first; possibly none."""

    posts: tuple[FetchedPost, ...]
    next_cursor: int | None
    """Start of the next, older page; None after the last one."""
    skipped: int = 0
    """Posts that were left out because their id or time cannot be read."""
    unreadable: int = 0
    """Values that cannot be read: unknown in `posts`, or the reason why a post was left out."""


class Platform(Protocol):
    """Calls on behalf of one account. Each may raise a TikTokError, CredentialLost or NoConsent.

    A scope that is known to be missing raises ScopeMissing before anything is asked.
    """

    account_id: int
    batch_size: int
    """Ids that `counts` and `cover_addresses` take at most."""

    def profile(self, scopes: Collection[str]) -> Profile:
        """Return the account's profile, as far as the granted scopes reach."""

    def page(self, cursor: int | None) -> FetchedPage:
        """Return the page of posts that begins at the cursor, or the newest one. Cursors fall from page to page."""

    def counts(self, ids: Iterable[str]) -> Mapping[str, FetchedCounts]:
        """Return the counts of those posts that still exist, by id: a missing one is deleted, or no longer public."""

    def cover_addresses(self, ids: Iterable[str]) -> Mapping[str, str]:
        """Return the addresses of the posts' covers by id, without those that have none."""

    def cover(self, address: str) -> bytes:
        """Download a cover. Raise CoverUnavailable, or CoverHostTroubled when several tries did not help."""


class PlatformKind(Protocol):
    """A platform as a whole: what holds for all of its accounts. `posts.platforms.registry` knows them by name."""

    name: str
    """As in `TikTokAccount.platform`; at most 8 characters."""
    horizon: timedelta
    """Age at which posts' counts are forecast: `HORIZON`."""
    is_fetched: bool
    """Whether there is something to ask; otherwise posts come from files and programs alone."""
    scope: str
    """The scope of an account's credential without which its posts cannot be read; empty where none is needed."""
    batch_size: int
    """Posts that one call takes at most."""

    def on_behalf_of(self, account_id: int, urgency: Urgency) -> Platform:
        """Return the platform for calls on behalf of the account. Raise NotFetched where there is nothing to ask."""

    def calls_per_minute(self, urgency: Urgency) -> int:
        """Return how many calls a minute there are for this urgency and less urgent ones, for all accounts together."""

    def revoke(self, account_id: int, state: Credential.State) -> Revoked:
        """End the grant of the account, whose credential is in this state."""
