"""Observe each post at fixed ages, and list each account's newest posts, so that none stays unknown.

An age is observed within its window. Where the window was missed (the service was down, TikTok was, the account was
not connected) the age stays unobserved: a label for it is estimated.

A beat sends no more work than TikTok's limits allow until the next one, the most urgent first (`posts.ingest.policy`).
Where accounts are many, each is looked at when it is likely to have published.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from celery import current_app
from django.db import transaction
from django.utils import timezone

from accounts.credentials.services import CredentialLost
from accounts.linked.services import lock_account
from accounts.models import TikTokAccount
from accounts.tiktok.errors import ScopeMissing, TikTokError
from posts.ingest.listing import is_settled, note_look
from posts.ingest.measuring import measure_pending
from posts.ingest.policy import (
    BEAT,
    CALLS_OF_ONE,
    HABIT_OF,
    URGENCY,
    hours_until_look,
    in_turn,
    posting_rates,
    tolerance,
)
from posts.ingest.selectors import (
    LIST_EVERY,
    LIST_QUIET_EVERY,
    WINDOWS,
    accounts_to_finish,
    accounts_to_list,
    accounts_to_read_whole,
    due_observations,
    known_ids,
    posting_times,
    posts_per_minute,
    posts_to_observe,
)
from posts.ingest.services import NotConnected, request_refresh
from posts.ingest.storing import append_observations, mark_deleted, record_change, store_posts
from posts.models import Listing, Post
from posts.platforms.base import FetchedCounts, FetchedPost, Platform, PlatformKind, Urgency
from posts.platforms.registry import fetched_kinds, platform_of
from privacy.consent.selectors import NoConsent
from privacy.models import STAMPS, AccessEvent
from privacy.trail.services import record

log = structlog.get_logger(__name__)

LISTED_PAGES = 3
"""Pages that a listing reads before it leaves the rest to a refresh."""
FINISHED_AT_ONCE = 500
"""Unfinished histories that one beat goes on with at most: after an outage they must not all come at once."""
WHOLE_AT_ONCE = 50
"""Weekly whole listings that one beat starts at most: enough for 100,000 accounts in a week, and spread over it."""


@dataclass(frozen=True, slots=True)
class DuePost:
    post: Post
    age_h: int


@dataclass(frozen=True, slots=True)
class Look:
    """The newest posts as listed, and whether the list ended with them."""

    posts: list[FetchedPost]
    reached_end: bool


def enqueue_due_work(now: datetime) -> None:
    """Send a task for each account with something due, as far as calls reach: a slow one holds up no other.

    The most urgent are sent first; the rest is found again by the next beat.
    """
    for account_id in (
        *accounts_to_finish(now).values_list("pk", flat=True)[:FINISHED_AT_ONCE],
        *accounts_to_read_whole(now).values_list("pk", flat=True)[:WHOLE_AT_ONCE],
    ):
        with suppress(NoConsent, NotConnected, TikTokAccount.DoesNotExist):
            request_refresh(account_id=account_id)
    to_observe = [
        account_id
        for kind in fetched_kinds()
        for account_id in in_turn(
            due_observations(now, kind.name),
            now=now.timestamp(),
            calls=_calls_in_a_beat(kind, Urgency.DAY),
            batch_size=kind.batch_size,
        )
    ]
    for task, account_ids in (
        ("posts.ingest.tasks.observe_account", to_observe),
        ("posts.ingest.tasks.discover_posts", take_due_listings(now)),
    ):
        for account_id in account_ids:
            # expires, and the next beat sends it again: messages must not pile up where workers cannot follow
            current_app.send_task(task, [account_id], expires=BEAT.total_seconds())


def observe_account(*, account_id: int) -> int:
    """Observe the account's due posts, the most urgent first, and mark deleted ones; return how many were observed.

    It makes at most `CALLS_OF_ONE` calls: the next beat goes on. Idempotent.
    """
    observed = 0
    due = [
        DuePost(post, age_h)
        for age_h in sorted(WINDOWS, key=URGENCY.__getitem__)
        for post in posts_to_observe(age_h, timezone.now()).filter(account=account_id).order_by("-posted_at")
    ]
    try:
        size = platform_of(account_id).batch_size
        for start in range(0, min(len(due), CALLS_OF_ONE * size), size):
            batch = due[start : start + size]
            platform = platform_of(account_id, URGENCY[batch[0].age_h])
            _store_observations(account_id, batch, platform.counts([item.post.tiktok_id for item in batch]))
            observed += len(batch)
    except ScopeMissing:
        log.info("videos_refused", account_id=account_id)
    except TikTokError as error:
        # the next beat tries again for as long as the windows are open
        log.warning("observing_postponed", account_id=account_id, error=error.code, log_id=error.log_id)
    except (CredentialLost, NoConsent, TikTokAccount.DoesNotExist) as error:
        log.info("observing_ended", account_id=account_id, reason=type(error).__name__)
    return observed


def take_due_listings(now: datetime) -> list[int]:
    """Return the accounts (primary keys) to list now, and note when each is due again, so that it happens once.

    They are as many as calls reach until the next beat, the longest due first.
    """
    return [account_id for kind in fetched_kinds() for account_id in _take_due_listings(kind, now)]


def _take_due_listings(kind: PlatformKind, now: datetime) -> list[int]:
    due = accounts_to_list(now).filter(platform=kind.name)
    ids = list(due.values_list("pk", flat=True)[: _calls_in_a_beat(kind, Urgency.LOOK)])
    hours = hours_until_look(
        posting_rates(posting_times(ids, now - HABIT_OF), ids),
        hour=now.hour + now.minute / 60,
        tolerated=tolerance(posts_per_minute(now, kind.name), kind.calls_per_minute(Urgency.LOOK)),
        shortest_h=LIST_EVERY / timedelta(hours=1),
        longest_h=LIST_QUIET_EVERY / timedelta(hours=1),
    )
    Listing.objects.bulk_create(
        [
            Listing(account_id=account_id, listed_at=now, due_at=now + timedelta(hours=float(wait)))
            for account_id, wait in zip(ids, hours, strict=True)
        ],
        update_conflicts=True,
        unique_fields=["account"],
        update_fields=["listed_at", "due_at", *STAMPS],
    )
    return ids


def _calls_in_a_beat(kind: PlatformKind, urgency: Urgency) -> int:
    return kind.calls_per_minute(urgency) * (BEAT // timedelta(minutes=1))


def discover_posts(*, account_id: int) -> None:
    """Store posts published since the last listing, each with its first observation, and measure pending covers.

    Request a refresh instead if even the last listed page holds unknown posts.
    """
    began_at = timezone.now()
    try:
        platform = platform_of(account_id, Urgency.LOOK)
        look = _look_for_new(platform)
        if look is None:
            request_refresh(account_id=account_id)
            return
        _store_discovered(account_id, look, began_at)
        measure_pending(platform, go_on=lambda: True)
    except ScopeMissing:
        log.info("videos_refused", account_id=account_id)
    except TikTokError as error:
        log.warning("discovery_postponed", account_id=account_id, error=error.code, log_id=error.log_id)
    except (CredentialLost, NoConsent, NotConnected, TikTokAccount.DoesNotExist) as error:
        log.info("discovery_ended", account_id=account_id, reason=type(error).__name__)


def _store_observations(account_id: int, batch: list[DuePost], counts: Mapping[str, FetchedCounts]) -> None:
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


def _look_for_new(platform: Platform) -> Look | None:
    """Return the newest posts, down to a page of known ones or the end; None if that is too far away.

    One known post does not end it: TikTok lists pinned ones first.
    """
    posts: list[FetchedPost] = []
    cursor: int | None = None
    for _ in range(LISTED_PAGES):
        page = platform.page(cursor)
        posts += page.posts
        if page.next_cursor is None:
            return Look(posts, reached_end=True)
        known = known_ids(platform.account_id, [post.id for post in page.posts])
        if is_settled(page, lambda post, known=known: post.id in known):  # type: ignore[misc]
            return Look(posts, reached_end=False)
        cursor = page.next_cursor
    return None


def _store_discovered(account_id: int, look: Look, began_at: datetime) -> None:
    now, fetched = timezone.now(), look.posts
    with transaction.atomic():
        account = lock_account(account_id)
        known = known_ids(account_id, [post.id for post in fetched])
        posts = store_posts(account, fetched, now)
        # a first observation comes with the post itself, in one transaction: it is neither missing nor doubled
        new = [(post, None) for tiktok_id, post in posts.items() if tiktok_id not in known]
        append_observations(new, {post.id: post.counts for post in fetched}, now)
        if new:
            record_change(account_id, now)
        note_look(account_id, began_at=began_at, reached_end=look.reached_end, now=now)
        record(action=AccessEvent.Action.CHANGE, subjects=[account.user_id], what="newest posts, from TikTok")
