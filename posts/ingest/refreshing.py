"""Run a refresh in turns, page by page, so that a worker may be killed at any point and another goes on.

A refresh is a job (`config.jobs`): each of its transactions begins with a heartbeat, so a run that counted as dead, and
is not, stops at its next write. A page of posts and the cursor behind it are one transaction: a page is stored whole or
not at all, and never twice.
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
from accounts.tiktok.errors import AccessTokenInvalid, ScopeMissing, TikTokError, TikTokRateLimited, TikTokUnavailable
from config.jobs import ClaimLost, claim, enqueue, heartbeat, lost, release, resume
from posts.ingest.measuring import measure_pending
from posts.ingest.storing import append_observations, mark_deleted, record_change, store_posts
from posts.models import Listing, Observation, Post, Refresh
from posts.platforms.base import FetchedPage, Platform
from posts.platforms.tiktok.client import DisplayAPI
from privacy.consent.selectors import NoConsent
from privacy.models import AccessEvent
from privacy.trail.services import record

log = structlog.get_logger(__name__)

TURN = timedelta(minutes=5)
"""After this long a run hands over to a new task: others get the worker, and Celery's time limit stays far away."""
LEASE = timedelta(minutes=3)
"""How long a message may take to reach a worker before it is sent again."""
MAX_ATTEMPTS = 6
BACKOFF = (
    timedelta(minutes=1),
    timedelta(minutes=2),
    timedelta(minutes=5),
    timedelta(minutes=10),
    timedelta(minutes=20),
)

VIDEOS_NOT_ALLOWED = (
    "Postcast was not allowed to see the videos of this account. Please connect it again and allow access to videos."
)
TIKTOK_FAILED = "TikTok could not be read after several attempts. What was fetched is kept; please try again later."
TIKTOK_REFUSED = "TikTok refused to answer ({code}). What was fetched is kept; please try again later."
INTERNAL = "The refresh was interrupted several times. What was fetched is kept; please try again later."


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
    refresh = claim(waiting, refresh_id, lease=LEASE, state=Refresh.State.RUNNING, started_at=started_at)
    if refresh is None:
        return
    subjects = TikTokAccount.objects.filter(pk=refresh.account_id).values_list("user_id", flat=True)
    record(action=AccessEvent.Action.CHANGE, subjects=list(subjects), what="account and posts, from TikTok")
    with structlog.contextvars.bound_contextvars(refresh_id=refresh.pk, account_id=refresh.account_id):
        try:
            _take_turn(Run(refresh, DisplayAPI(refresh.account_id), ends_at=now + TURN))
        except (ClaimLost, TikTokAccount.DoesNotExist):
            log.info("refresh_claim_lost")


def resume_stalled(*, now: datetime | None = None) -> list[int]:
    """Queue refreshes again whose message or worker was lost or whose wait is over; return their primary keys."""
    now = now or timezone.now()
    due = Q(next_attempt_at__lte=now) | (Q(next_attempt_at=None) & lost(Refresh, LEASE, now=now))
    return resume(Refresh.objects.filter(due, state__in=Refresh.ACTIVE), now=now, next_attempt_at=None)


def _take_turn(run: Run) -> None:
    if run.refresh.attempts > MAX_ATTEMPTS:
        _fail(run.refresh, INTERNAL)
        return
    try:
        finished = _work(run)
    except (CredentialLost, NoConsent) as error:
        _fail(run.refresh, str(error))
    except ScopeMissing:
        _fail(run.refresh, VIDEOS_NOT_ALLOWED)
    except TikTokError as error:
        _wait_or_fail(run.refresh, error)
    else:
        _finish(run.refresh) if finished else _hand_over(run.refresh)


def _work(run: Run) -> bool:
    """Do the rest of the refresh; return False if the turn ended first."""
    _fetch_profile(run)
    while not run.refresh.listing_done:
        if timezone.now() > run.ends_at:
            return False
        _store_page(run.refresh, run.platform.page(run.refresh.cursor))
    _notice_deleted(run)
    return _measure_covers(run)


def _fetch_profile(run: Run) -> None:
    account, started_at = run.refresh.account, run.refresh.started_at
    if account.profile_fetched_at is not None and started_at is not None and account.profile_fetched_at >= started_at:
        return
    scopes = Credential.objects.filter(account=account).values_list("scopes", flat=True).first() or []
    try:
        profile = run.platform.profile(scopes)
    except ScopeMissing:
        # withdrawn by the creator since; the videos may still be allowed
        return
    if profile.open_id not in ("", account.open_id):
        raise TikTokUnavailable("unexpected_answer", "the profile is that of another account")
    with transaction.atomic():
        heartbeat(run.refresh, posts_expected=profile.video_count)
        update_profile(account_id=account.pk, profile=profile, now=timezone.now())


def _store_page(refresh: Refresh, page: FetchedPage) -> None:
    if page.next_cursor is not None and refresh.cursor is not None and page.next_cursor >= refresh.cursor:
        raise TikTokUnavailable("unexpected_answer", "the listing does not move on to older videos")
    now = timezone.now()
    with transaction.atomic():
        heartbeat(refresh)
        posts = store_posts(lock_account(refresh.account_id), page.posts, now)
        counts = {post.id: post.counts for post in page.posts}
        append_observations([(post, None) for post in posts.values()], counts, now, refresh)
        if posts:
            record_change(refresh.account_id, now)
        _advance(refresh, cursor=page.next_cursor, listing_done=page.next_cursor is None)


def _notice_deleted(run: Run) -> None:
    """Query the posts that the listing left out: only those missing from that answer count as deleted."""
    refresh = run.refresh
    missing = Post.objects.filter(account=refresh.account_id, deleted_at=None, last_seen_at__lt=refresh.started_at)
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


def _advance(refresh: Refresh, **changes: object) -> None:
    stored = Observation.objects.filter(refresh=refresh).count()
    heartbeat(refresh, attempts=0, posts_stored=stored, **changes)


def _finish(refresh: Refresh) -> None:
    now = timezone.now()
    with transaction.atomic():
        release(refresh, state=Refresh.State.DONE, finished_at=now, error="")
        Listing.objects.update_or_create(account_id=refresh.account_id, defaults={"listed_at": now})
    log.info("refresh_done")


def _hand_over(refresh: Refresh) -> None:
    with transaction.atomic():
        release(refresh, attempts=0)
        enqueue(refresh)


def _wait_or_fail(refresh: Refresh, error: TikTokError) -> None:
    log.warning("refresh_interrupted", error=error.code, log_id=error.log_id, attempts=refresh.attempts)
    if not (error.retryable or isinstance(error, AccessTokenInvalid)):
        _fail(refresh, TIKTOK_REFUSED.format(code=error.code))
    elif refresh.attempts >= MAX_ATTEMPTS:
        _fail(refresh, TIKTOK_FAILED)
    else:
        wait = BACKOFF[max(refresh.attempts, 1) - 1]
        if isinstance(error, TikTokRateLimited) and error.retry_after is not None:
            wait = max(wait, timedelta(seconds=error.retry_after))
        release(refresh, next_attempt_at=timezone.now() + wait)


def _fail(refresh: Refresh, sentence: str) -> None:
    release(refresh, state=Refresh.State.FAILED, finished_at=timezone.now(), error=sentence)
    log.warning("refresh_failed", reason=sentence)
