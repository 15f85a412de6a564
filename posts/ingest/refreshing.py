"""Run a refresh in turns, page by page, so that a worker may be killed at any point and another goes on.

An account that was read whole within the week is asked for what is new, and for the counts of young posts; a whole
listing, which also finds deleted posts and corrected times, comes once a week (`needs_whole_listing`).

A refresh is a job (`config.jobs`): each of its transactions begins with a heartbeat, so a run that counted as dead, and
is not, stops at its next write. A page of posts and the cursor behind it are one transaction: a page is stored whole or
not at all, and never twice.

Where TikTok cannot be read the refresh waits, and says until when and why. It gives up after `MAX_ATTEMPTS` without
progress, or at the age of `LIFE`; the schedule requests another one for what it did not reach. Only a missing scope,
consent or connection ends it at once: those are for the person to mend.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Coalesce
from django.utils import timezone

from accounts.credentials.services import CredentialLost
from accounts.linked.services import lock_account, update_profile
from accounts.models import Credential, TikTokAccount
from accounts.tiktok.errors import ScopeMissing, TikTokError, TikTokRateLimited, TikTokUnavailable
from config.jobs import ClaimLost, claim, enqueue, heartbeat, lost, release, resume
from posts.ingest.listing import note_missing, note_page
from posts.ingest.measuring import measure_pending
from posts.ingest.selectors import FINISH_AFTER, FINISH_INTERRUPTED_AFTER, YOUNG_FOR, is_unfinished, known_ids
from posts.ingest.storing import append_observations, mark_deleted, record_change, store_posts
from posts.models import Observation, Post, Refresh
from posts.platforms.base import FetchedPage, NotFetched, Platform
from posts.platforms.registry import UnknownPlatform, kind_of, platform_of
from privacy.consent.selectors import NoConsent
from privacy.models import AccessEvent
from privacy.trail.services import record

log = structlog.get_logger(__name__)

TURN = timedelta(minutes=5)
"""After this long a run hands over to a new task: others get the worker, and Celery's time limit stays far away."""
LEASE = timedelta(minutes=3)
"""Longest time for a message to reach a worker before it is sent again."""
MAX_ATTEMPTS = 12
BACKOFF = (timedelta(minutes=1), timedelta(minutes=2), timedelta(minutes=5))
"""Waits before the second, third and each further attempt: once TikTok is back, nobody waits longer than the last."""
UNNAMED_WAIT = timedelta(minutes=1)
"""TikTok's limits are by the minute: what is waited where it asks for a pause and does not say how long."""
LONGEST_WAIT = timedelta(hours=1)
"""Longer than that nothing is waited, whatever TikTok asks for."""
PROFILE_ATTEMPTS = 3
"""Attempts that wait for the profile; after them the posts are read without it."""
MAX_BARREN_PAGES = 50
"""Pages in a row without a video that is new to the refresh: a list may promise more for ever."""
MAX_SKIPPED = 10_000
"""Videos that cannot be used and still count as new; beyond that a page of nothing else is barren too."""
LIFE = timedelta(hours=24)
"""Age at which a refresh ends: waits that TikTok asks for count as no attempt."""

Reason = Refresh.Reason
UNREADABLE = ("unexpected_answer", "unreadable_answer")
"""Codes of answers that came and made no sense."""


@dataclass(frozen=True)
class Run:
    refresh: Refresh
    platform: Platform
    ends_at: datetime


def run_refresh(*, refresh_id: int) -> None:
    """Take a turn at the refresh, unless it is finished, waiting, or in another worker's hands."""
    waiting = Refresh.objects.filter(state__in=Refresh.ACTIVE, next_attempt_at=None)
    now = timezone.now()
    started_at = Coalesce("started_at", now)
    refresh = claim(waiting, refresh_id, lease=LEASE, state=Refresh.State.FETCHING, started_at=started_at, reason="")
    if refresh is None:
        return
    subjects = TikTokAccount.objects.filter(pk=refresh.account_id).values_list("user_id", flat=True)
    record(action=AccessEvent.Action.CHANGE, subjects=list(subjects), what="account and posts, from TikTok")
    with structlog.contextvars.bound_contextvars(refresh_id=refresh.pk, account_id=refresh.account_id):
        try:
            _take_turn(Run(refresh, platform_of(refresh.account_id), ends_at=now + TURN))
        except (ClaimLost, TikTokAccount.DoesNotExist):
            log.info("refresh_claim_lost")
        except (UnknownPlatform, NotFetched):
            _fail(refresh, Reason.DISCONNECTED)


def resume_stalled(*, now: datetime | None = None) -> list[int]:
    """Queue refreshes again whose message or worker was lost or whose wait is over; return their primary keys."""
    now = now or timezone.now()
    # a wait that is longer than any began under a clock that was wrong
    over = Q(next_attempt_at__lte=now) | Q(next_attempt_at__gt=now + LONGEST_WAIT)
    due = over | (Q(next_attempt_at=None) & lost(Refresh, LEASE, now=now))
    refreshes = Refresh.objects.filter(due, state__in=Refresh.ACTIVE)
    return resume(refreshes, now=now, state=Refresh.State.QUEUED, next_attempt_at=None)


def _take_turn(run: Run) -> None:
    refresh = run.refresh
    if refresh.attempts > MAX_ATTEMPTS or timezone.now() - refresh.created_at > LIFE:
        _end(refresh, Reason.INTERRUPTED)
        return
    try:
        finished = _work(run)
    except CredentialLost:
        connected = TikTokAccount.objects.filter(pk=refresh.account_id, disconnected_at=None).exists()
        _fail(refresh, Reason.CONNECTION_LOST if connected else Reason.DISCONNECTED)
    except NoConsent:
        _fail(refresh, Reason.NO_CONSENT)
    except ScopeMissing:
        _fail(refresh, Reason.VIDEOS_NOT_ALLOWED)
    except TikTokError as error:
        _wait_or_end(refresh, error)
    else:
        _finish(refresh) if finished else _hand_over(refresh)


def _work(run: Run) -> bool:
    """Do the rest of the refresh; return False if the turn ended first."""
    scopes = Credential.objects.filter(account=run.refresh.account_id).values_list("scopes", flat=True).first()
    _fetch_profile(run, scopes or [])
    needed = kind_of(run.refresh.account.platform).scope
    if needed and scopes is not None and needed not in scopes:
        raise ScopeMissing("scope_not_authorized", "the creator did not allow videos")
    barren = 0
    while not run.refresh.listing_done:
        if timezone.now() > run.ends_at:
            return False
        page = run.platform.page(run.refresh.cursor)
        barren = barren + 1 if _is_barren(run.refresh, page) else 0
        if barren > MAX_BARREN_PAGES:
            raise TikTokUnavailable("unexpected_answer", "the listing goes on without other videos")
        _store_page(run.refresh, page)
    _notice_deleted(run)
    return _measure_covers(run)


def _fetch_profile(run: Run, scopes: list[str]) -> None:
    account, started_at = run.refresh.account, run.refresh.started_at
    if account.profile_fetched_at is not None and started_at is not None and account.profile_fetched_at >= started_at:
        return
    try:
        profile = run.platform.profile(scopes)
    except TikTokError as error:
        waits = isinstance(error, TikTokRateLimited) or run.refresh.attempts <= PROFILE_ATTEMPTS
        if waits and not isinstance(error, ScopeMissing):
            raise
        # withdrawn by the creator since, or TikTok cannot tell profiles: the videos may still be had
        log.warning("profile_left_out", error=error.code, log_id=error.log_id)
        return
    if profile.open_id not in ("", account.open_id):
        raise TikTokUnavailable("unexpected_answer", "the profile is that of another account")
    with transaction.atomic():
        heartbeat(run.refresh, posts_expected=profile.video_count)
        update_profile(account_id=account.pk, profile=profile, now=timezone.now())


def _is_barren(refresh: Refresh, page: FetchedPage) -> bool:
    """Return whether the page promises more, and holds no video that this refresh has not stored before."""
    ids = {post.id for post in page.posts}
    seen = Observation.objects.filter(refresh=refresh, post__tiktok_id__in=ids)
    brings_some = page.skipped and refresh.skipped < MAX_SKIPPED
    return page.next_cursor is not None and not brings_some and seen.count() >= len(ids)


def _store_page(refresh: Refresh, page: FetchedPage) -> None:
    if page.next_cursor is not None and refresh.cursor is not None and page.next_cursor >= refresh.cursor:
        raise TikTokUnavailable("unexpected_answer", "the listing does not move on to older videos")
    now = timezone.now()
    # a page that brings nothing is no progress: the attempts still count
    attempts = refresh.attempts if _is_barren(refresh, page) else 0
    with transaction.atomic():
        heartbeat(refresh)
        account = lock_account(refresh.account_id)
        known = known_ids(refresh.account_id, [post.id for post in page.posts])
        posts = store_posts(account, page.posts, now)
        counts = {post.id: post.counts for post in page.posts}
        append_observations([(post, None) for post in posts.values()], counts, now, refresh)
        if posts:
            record_change(refresh.account_id, now)
        cursor = note_page(refresh, page, known, now)
        _advance(
            refresh,
            attempts=attempts,
            cursor=cursor,
            listing_done=cursor is None,
            skipped=refresh.skipped + page.skipped,
            unreadable=refresh.unreadable + page.unreadable,
        )


def _notice_deleted(run: Run) -> None:
    """Query the posts that the listing left out: only those missing from that answer count as deleted.

    A refresh of the newest posts only asks for those whose counts still change.
    """
    refresh = run.refresh
    missing = Post.objects.filter(account=refresh.account_id, deleted_at=None, last_seen_at__lt=refresh.started_at)
    if refresh.newest_only and refresh.started_at is not None:
        missing = missing.filter(posted_at__gt=refresh.started_at - YOUNG_FOR)
    while posts := list(missing.order_by("pk")[: run.platform.batch_size]):
        counts = run.platform.counts([post.tiktok_id for post in posts])
        now = timezone.now()
        with transaction.atomic():
            heartbeat(refresh)
            lock_account(refresh.account_id)
            existing = [post for post in posts if post.tiktok_id in counts]
            Post.objects.filter(pk__in=[post.pk for post in existing]).update(last_seen_at=now)
            append_observations([(post, None) for post in existing], counts, now, refresh)
            mark_deleted([post for post in posts if post.tiktok_id not in counts], now)
            record_change(refresh.account_id, now)
            _advance(refresh)


def _measure_covers(run: Run) -> bool:
    """Measure pending covers. Leave failures to the next listing: a refresh is there for the posts."""

    def go_on() -> bool:
        heartbeat(run.refresh)
        return timezone.now() <= run.ends_at

    try:
        return measure_pending(run.platform, go_on=go_on)
    except TikTokError as error:
        log.warning("covers_postponed", error=error.code, log_id=error.log_id)
        return True


def _advance(refresh: Refresh, *, attempts: int = 0, **changes: object) -> None:
    stored = Observation.objects.filter(refresh=refresh).count()
    heartbeat(refresh, attempts=attempts, posts_stored=stored, **changes)


def _finish(refresh: Refresh) -> None:
    now = timezone.now()
    with transaction.atomic():
        heartbeat(refresh)
        lock_account(refresh.account_id)
        reason = Reason.POSTS_MISSING if note_missing(refresh, now) else ""
        release(refresh, state=Refresh.State.DONE, finished_at=now, reason=reason)
    log.info("refresh_done", reason=reason, skipped=refresh.skipped, unreadable=refresh.unreadable)


def _hand_over(refresh: Refresh) -> None:
    with transaction.atomic():
        release(refresh, attempts=0)
        enqueue(refresh)


def _wait_or_end(refresh: Refresh, error: TikTokError) -> None:
    log.warning("refresh_interrupted", error=error.code, log_id=error.log_id, attempts=refresh.attempts)
    reason, attempts = _reason(error), refresh.attempts
    if isinstance(error, TikTokRateLimited) or error.retry_after is not None:
        # what TikTok asks for is waited, and is no failed attempt
        wait, attempts = _pause(error.retry_after), max(attempts - 1, 0)
    else:
        wait = BACKOFF[min(max(attempts, 1), len(BACKOFF)) - 1]
    next_attempt_at = timezone.now() + wait
    if attempts >= MAX_ATTEMPTS or next_attempt_at - refresh.created_at > LIFE:
        _end(refresh, reason)
    else:
        release(
            refresh,
            state=Refresh.State.WAITING,
            reason=reason,
            next_attempt_at=next_attempt_at,
            attempts=attempts,
        )


def _reason(error: TikTokError) -> Refresh.Reason:
    if isinstance(error, TikTokRateLimited):
        return Reason.RATE_LIMITED
    if isinstance(error, TikTokUnavailable):
        return Reason.UNEXPECTED_ANSWER if error.code in UNREADABLE else Reason.UNAVAILABLE
    return Reason.REFUSED


def _pause(retry_after: float | None) -> timedelta:
    """Return what to wait for a `retry_after` in seconds; one of more than a day is a mistake, and counts as absent."""
    if retry_after is None or not 0 <= retry_after <= LIFE.total_seconds():
        return UNNAMED_WAIT
    return min(timedelta(seconds=retry_after), LONGEST_WAIT)


def _end(refresh: Refresh, reason: Refresh.Reason) -> None:
    """End the refresh early; where posts are still to be read, another one goes on by itself."""
    now = timezone.now()
    state = Refresh.State.PARTLY_READ if refresh.posts_stored else Refresh.State.FAILED
    pause = FINISH_INTERRUPTED_AFTER if reason == Reason.INTERRUPTED else FINISH_AFTER
    goes_on_at = now + pause if is_unfinished(refresh.account_id) else None
    release(refresh, state=state, finished_at=now, reason=reason, next_attempt_at=goes_on_at)
    log.warning("refresh_ended_early", state=state, reason=reason)


def _fail(refresh: Refresh, reason: Refresh.Reason) -> None:
    """End the refresh for a reason that the person has to mend."""
    release(refresh, state=Refresh.State.FAILED, finished_at=timezone.now(), reason=reason)
    log.warning("refresh_failed", reason=reason)
