"""Progress of fetching an account, for pages and the API: the refresh's state and a sentence for the person."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import TikTokAccount, User
from posts.ingest.selectors import STALE_AFTER, pending_covers
from posts.ingest.words import message_of
from posts.models import Listing, Post, Refresh


@dataclass(frozen=True, slots=True)
class RefreshStatus:
    """The state of a refresh. `progress` (0 to 1) is None while the number of posts is unknown."""

    id: str
    account: str
    state: Refresh.State
    reason: str
    message: str
    next_attempt_at: datetime | None
    progress: float | None
    posts_stored: int
    posts_expected: int | None
    posts_known: int
    skipped: int
    unreadable: int
    data_as_of: datetime | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    is_history_whole: bool

    @property
    def is_active(self) -> bool:
        return self.state in Refresh.ACTIVE

    @property
    def is_waiting(self) -> bool:
        return self.state == Refresh.State.WAITING

    @property
    def error(self) -> str:
        """The message of a refresh that failed or read only some posts."""
        return self.message if self.state in (Refresh.State.FAILED, Refresh.State.PARTLY_READ) else ""

    @property
    def read_at(self) -> datetime | None:
        """Moment of the last reading of posts, by this refresh or since."""
        return self.data_as_of or (self.finished_at if self.state == Refresh.State.DONE else None)

    @property
    def is_superseded(self) -> bool:
        """Whether it ended early, and since then new posts were looked for and no older ones are lacking."""
        read_since = bool(self.data_as_of and self.finished_at and self.data_as_of > self.finished_at)
        return read_since and self.is_history_whole

    @property
    def is_stale(self) -> bool:
        return self.read_at is not None and timezone.now() - self.read_at > STALE_AFTER

    @property
    def is_up_to_date(self) -> bool:
        return not self.is_stale and (self.state == Refresh.State.DONE or self.is_superseded)


def refreshes_of(user: User) -> QuerySet[Refresh]:
    """Return the refreshes of the person's accounts, newest first."""
    return Refresh.objects.filter(account__user=user.pk).select_related("account__listing")


def refresh_status(account: TikTokAccount) -> RefreshStatus | None:
    """Return how far the account's latest refresh is; None if there was none."""
    refresh = account.refreshes.select_related("account__listing").first()
    return status_of(refresh) if refresh else None


def status_of(refresh: Refresh) -> RefreshStatus:
    """Return how far the refresh is."""
    listing: Listing | None = getattr(refresh.account, "listing", None)
    posts_known = Post.objects.filter(account=refresh.account_id, deleted_at=None).count()
    return RefreshStatus(
        id=refresh.public_id,
        account=refresh.account.public_id,
        state=Refresh.State(refresh.state),
        reason=refresh.reason,
        message=message_of(refresh, posts_known),
        next_attempt_at=refresh.next_attempt_at,
        progress=_progress(refresh),
        posts_stored=refresh.posts_stored,
        posts_expected=refresh.posts_expected,
        posts_known=posts_known,
        skipped=refresh.skipped,
        unreadable=refresh.unreadable,
        data_as_of=listing.read_at if listing else None,
        created_at=refresh.created_at,
        started_at=refresh.started_at,
        finished_at=refresh.finished_at,
        is_history_whole=listing is not None and not listing.is_unfinished,
    )


def _progress(refresh: Refresh) -> float | None:
    """Return posts stored over posts and pending covers: each new post adds a cover, so that it only ever rises."""
    if refresh.state == Refresh.State.DONE:
        return 1.0
    if refresh.posts_expected is None and not refresh.listing_done:
        return None
    expected = 0 if refresh.listing_done else refresh.posts_expected or 0
    total = max(expected, refresh.posts_stored) + pending_covers(refresh.account_id).count()
    return refresh.posts_stored / total if total else None
