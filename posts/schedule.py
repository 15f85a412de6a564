"""What is observed when: each post at fixed ages, and each account's newest posts, so that none stays unknown.

An age is observed within its window, which begins half a beat before the age itself. Where the window was missed (the
service was down, TikTok was, the account was not connected) the age stays unobserved: a label for it is estimated.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from celery import current_app
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from accounts.models import Credential, TikTokAccount
from accounts.services import CredentialLost, lock_account
from accounts.tiktok.errors import TikTokError
from posts import covers, services
from posts.models import Listing, Observation, Post, Refresh
from posts.storing import append_observations, mark_deleted, record_change, store_videos
from posts.tiktok import DisplayAPI, Video, VideoCounts
from posts.tiktok.client import QUERY_SIZE
from privacy.consent.selectors import NoConsent, consenting
from privacy.models import STAMPS, AccessEvent
from privacy.purposes import Purpose
from privacy.trail.services import record

log = structlog.get_logger(__name__)

HALF_A_BEAT = timedelta(minutes=2, seconds=30)
WINDOWS: dict[int, timedelta] = {
    1: timedelta(hours=1),
    6: timedelta(hours=2),
    24: timedelta(hours=4),
    72: timedelta(hours=8),
    168: timedelta(hours=12),
}
"""Age in hours -> how late it may still be observed. The windows do not overlap."""

LIST_EVERY = timedelta(hours=1)
LIST_QUIET_EVERY = timedelta(hours=24)
"""Accounts without a post or a sign-in for `QUIET_AFTER`: often enough for the 24 h window."""
QUIET_AFTER = timedelta(days=30)
LISTED_PAGES = 3


@dataclass(frozen=True, slots=True)
class Due:
    post: Post
    age_h: int


def accounts_with_due_posts(now: datetime) -> list[int]:
    """Connected accounts (primary keys) that have a post to be observed now."""
    due = Q()
    for age_h in WINDOWS:
        due |= Q(pk__in=_due_posts(age_h, now).values("account"))
    return list(_connected().filter(due).order_by("pk").values_list("pk", flat=True))


def observe_account(*, account_id: int) -> int:
    """Observe the account's due posts and notice deleted ones; how many were due. Doing it twice changes nothing."""
    api, observed = DisplayAPI(account_id), 0
    due = [
        Due(post, age_h)
        for age_h in WINDOWS
        for post in _due_posts(age_h, timezone.now()).filter(account=account_id).order_by("-posted_at")
    ]
    try:
        for start in range(0, len(due), QUERY_SIZE):
            batch = due[start : start + QUERY_SIZE]
            counts = api.video_query([item.post.tiktok_id for item in batch], VideoCounts)
            _store_observations(account_id, batch, counts)
            observed += len(batch)
    except TikTokError as error:
        # the next beat tries again for as long as the windows are open
        log.warning("observing_postponed", account_id=account_id, error=error.code, log_id=error.log_id)
    except (CredentialLost, NoConsent, TikTokAccount.DoesNotExist) as error:
        log.info("observing_ended", account_id=account_id, reason=type(error).__name__)
    return observed


def take_due_listings(now: datetime) -> list[int]:
    """Accounts (primary keys) whose newest posts are to be asked for now, noted as listed so that it happens once."""
    lively = Q(connected_at__gte=now - QUIET_AFTER) | Exists(
        Post.objects.filter(account=OuterRef("pk"), posted_at__gte=now - QUIET_AFTER)
    )
    unlisted = Q(listing=None) | Q(listing__listed_at__lte=now - LIST_QUIET_EVERY)
    due = _connected().filter(unlisted | (lively & Q(listing__listed_at__lte=now - LIST_EVERY)))
    # a refresh lists everything anyway
    refreshing = Refresh.objects.filter(account=OuterRef("pk"), state__in=Refresh.ACTIVE)
    ids = list(due.exclude(Exists(refreshing)).order_by("pk").values_list("pk", flat=True))
    Listing.objects.bulk_create(
        [Listing(account_id=account_id, listed_at=now) for account_id in ids],
        update_conflicts=True,
        unique_fields=["account"],
        update_fields=["listed_at", *STAMPS],
    )
    return ids


def discover_posts(*, account_id: int) -> None:
    """Store posts published since the last listing, each with its first observation, and measure pending covers.

    Where even the third page holds only unknown posts a whole refresh is requested instead.
    """
    api = DisplayAPI(account_id)
    try:
        videos = _list_down_to_known(api)
        if videos is None:
            services.request_refresh(account_id=account_id)
            return
        _store_discovered(account_id, videos)
        covers.measure_pending(api, go_on=lambda: True)
    except TikTokError as error:
        log.warning("discovery_postponed", account_id=account_id, error=error.code, log_id=error.log_id)
    except (CredentialLost, NoConsent, services.NotConnected, TikTokAccount.DoesNotExist) as error:
        log.info("discovery_ended", account_id=account_id, reason=type(error).__name__)


def enqueue_due_work(now: datetime) -> None:
    """Send a task for each account with something due: one that is slow holds up no other."""
    for task, account_ids in (
        ("posts.tasks.discover_posts", take_due_listings(now)),
        ("posts.tasks.observe_account", accounts_with_due_posts(now)),
    ):
        for account_id in account_ids:
            # the next beat sends what is still due: messages must not pile up where workers cannot follow
            current_app.send_task(task, [account_id], expires=2 * HALF_A_BEAT.total_seconds())


def _connected() -> QuerySet[TikTokAccount]:
    return TikTokAccount.objects.filter(
        disconnected_at=None, credential__state=Credential.State.ACTIVE, user__in=consenting(Purpose.SERVICE)
    )


def _due_posts(age_h: int, now: datetime) -> QuerySet[Post]:
    age = timedelta(hours=age_h)
    observed = Observation.objects.filter(post=OuterRef("pk"), scheduled_age_h=age_h)
    return Post.objects.filter(
        ~Exists(observed),
        deleted_at=None,
        posted_at__lte=now - age + HALF_A_BEAT,
        posted_at__gt=now - age - WINDOWS[age_h],
    )


def _store_observations(account_id: int, batch: list[Due], counts: dict[str, VideoCounts]) -> None:
    now = timezone.now()
    # the answer may have taken until after the window's end
    in_time = [
        (item.post, item.age_h)
        for item in batch
        if item.post.tiktok_id in counts
        and now < item.post.posted_at + timedelta(hours=item.age_h) + WINDOWS[item.age_h]
    ]
    with transaction.atomic():
        account = lock_account(account_id)
        append_observations(in_time, counts, now)
        mark_deleted([item.post for item in batch if item.post.tiktok_id not in counts], now)
        record_change(account_id, now)
        record(action=AccessEvent.Action.CHANGE, subjects=[account.user_id], what="counts of posts, from TikTok")


def _list_down_to_known(api: DisplayAPI) -> list[Video] | None:
    """The newest videos, down to a page with one that is known or the end; None if that is too far away."""
    videos: list[Video] = []
    cursor: int | None = None
    for _ in range(LISTED_PAGES):
        page = api.video_list(cursor)
        videos += page.videos
        if not page.has_more or _known_ids(api.account_id, page.videos):
            return videos
        cursor = page.cursor
    return None


def _known_ids(account_id: int, videos: Iterable[Video]) -> set[str]:
    ids = [video.id for video in videos]
    return set(Post.objects.filter(account=account_id, tiktok_id__in=ids).values_list("tiktok_id", flat=True))


def _store_discovered(account_id: int, videos: list[Video]) -> None:
    now = timezone.now()
    with transaction.atomic():
        account = lock_account(account_id)
        known = _known_ids(account_id, videos)
        posts = store_videos(account, videos, now)
        # a first observation comes with the post itself, in one transaction: it can be neither missing nor doubled
        new = [(post, None) for tiktok_id, post in posts.items() if tiktok_id not in known]
        append_observations(new, {video.id: video for video in videos}, now)
        if new:
            record_change(account_id, now)
        record(action=AccessEvent.Action.CHANGE, subjects=[account.user_id], what="newest posts, from TikTok")
