"""Reads of ingestion: how far a refresh is, and which accounts and posts are due."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.models import Credential, TikTokAccount, User
from posts.content.pictures import COVER_EXTRACTOR_VERSION, EMBEDDING_NETWORK, installed_id
from posts.models import Observation, Post, PostContent, Refresh
from privacy.consent.selectors import consenting
from privacy.purposes import Purpose

COVER_DELAYS = (
    timedelta(0),
    timedelta(minutes=1),
    timedelta(minutes=10),
    timedelta(hours=1),
    timedelta(hours=4),
    timedelta(hours=12),
    timedelta(days=1),
    timedelta(days=2),
    timedelta(days=3),
)
"""How long a cover is left alone after each attempt in vain."""
MAX_COVER_ATTEMPTS = len(COVER_DELAYS) + 1
"""About a week, after which TikTok will hardly give the picture any more."""
HALF_A_BEAT = timedelta(minutes=2, seconds=30)
WINDOWS: dict[int, timedelta] = {
    1: timedelta(hours=1),
    6: timedelta(hours=2),
    24: timedelta(hours=4),
    72: timedelta(hours=8),
    168: timedelta(hours=12),
}
"""Age in hours -> how late it may still be observed. The windows do not overlap; each opens half a beat early."""

LIST_EVERY = timedelta(hours=1)
LIST_QUIET_EVERY = timedelta(hours=24)
"""For accounts without a post or a sign-in within `QUIET_AFTER`: often enough for the 24 h window."""
QUIET_AFTER = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class RefreshStatus:
    """The progress of a refresh: `progress` (0 to 1) is None while the number of posts is unknown."""

    id: str
    account: str
    state: Refresh.State
    progress: float | None
    posts_stored: int
    posts_expected: int | None
    error: str
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None

    @property
    def is_active(self) -> bool:
        return self.state in Refresh.ACTIVE


def refreshes_of(user: User) -> QuerySet[Refresh]:
    """Return the refreshes of the person's accounts, newest first."""
    return Refresh.objects.filter(account__user=user.pk).select_related("account")


def refresh_status(account: TikTokAccount) -> RefreshStatus | None:
    """Return how far the account's latest refresh is; None if there was none."""
    refresh = account.refreshes.select_related("account").first()
    return status_of(refresh) if refresh else None


def status_of(refresh: Refresh) -> RefreshStatus:
    """Return how far the refresh is."""
    return RefreshStatus(
        id=refresh.public_id,
        account=refresh.account.public_id,
        state=Refresh.State(refresh.state),
        progress=_progress(refresh),
        posts_stored=refresh.posts_stored,
        posts_expected=refresh.posts_expected,
        error=refresh.error,
        created_at=refresh.created_at,
        started_at=refresh.started_at,
        finished_at=refresh.finished_at,
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


def pending_covers(account_id: int) -> QuerySet[PostContent]:
    """Return the contents of the account's posts whose cover is still to be measured."""
    return PostContent.objects.filter(
        post__account=account_id, post__deleted_at=None, cover_state=PostContent.Cover.PENDING
    )


def due_covers(covers: QuerySet[PostContent], now: datetime) -> QuerySet[PostContent]:
    """Return those of the contents whose cover need not wait after an attempt in vain."""
    return covers.filter(Q(cover_retry_at=None) | Q(cover_retry_at__lte=now))


def outdated_covers(account_id: int) -> QuerySet[PostContent]:
    """Return the contents of the account's posts whose cover an older extractor measured, or another network embedded.

    Covers that were asked for `MAX_COVER_ATTEMPTS` times since are left as they are.
    """
    older = Q(cover_extractor_version__lt=COVER_EXTRACTOR_VERSION)
    if installed := installed_id(EMBEDDING_NETWORK):
        older |= ~Q(cover_network=installed)
    return PostContent.objects.filter(
        older,
        post__account=account_id,
        post__deleted_at=None,
        cover_state=PostContent.Cover.MEASURED,
        cover_attempts__lt=MAX_COVER_ATTEMPTS,
    )


def accounts_to_list(now: datetime) -> QuerySet[TikTokAccount]:
    """Return the accounts whose newest posts are due to be listed; not those that a refresh lists anyway."""
    lively = Q(connected_at__gte=now - QUIET_AFTER) | Exists(
        Post.objects.filter(account=OuterRef("pk"), posted_at__gte=now - QUIET_AFTER)
    )
    unlisted = Q(listing=None) | Q(listing__listed_at__lte=now - LIST_QUIET_EVERY)
    refreshing = Refresh.objects.filter(account=OuterRef("pk"), state__in=Refresh.ACTIVE)
    return (
        _connected()
        .filter(unlisted | (lively & Q(listing__listed_at__lte=now - LIST_EVERY)))
        .exclude(Exists(refreshing))
        .order_by("pk")
    )


def accounts_to_observe(now: datetime) -> QuerySet[TikTokAccount]:
    """Return the connected accounts that have a post to be observed now."""
    due = Q()
    for age_h in WINDOWS:
        due |= Q(pk__in=posts_to_observe(age_h, now).values("account"))
    return _connected().filter(due).order_by("pk")


def posts_to_observe(age_h: int, now: datetime) -> QuerySet[Post]:
    """Return the posts within the window of that age that were not observed at it."""
    age = timedelta(hours=age_h)
    observed = Observation.objects.filter(post=OuterRef("pk"), scheduled_age_h=age_h)
    return Post.objects.filter(
        ~Exists(observed),
        deleted_at=None,
        posted_at__lte=now - age + HALF_A_BEAT,
        posted_at__gt=now - age - WINDOWS[age_h],
    )


def known_ids(account_id: int, ids: list[str]) -> set[str]:
    """Return those of the platform's ids that are stored as posts of the account."""
    return set(Post.objects.filter(account=account_id, tiktok_id__in=ids).values_list("tiktok_id", flat=True))


def _connected() -> QuerySet[TikTokAccount]:
    return TikTokAccount.objects.filter(
        disconnected_at=None, credential__state=Credential.State.ACTIVE, user__in=consenting(Purpose.SERVICE)
    )
