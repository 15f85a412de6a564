"""Running a refresh: in turns, page by page, so that a worker may be killed at any point and another goes on.

A run holds the refresh's `claim`. Everything that it writes is in a transaction that first locks the refresh's row and
finds the claim still there; a run that was taken for dead, and is not, stops at its next write. A page of posts, the
cursor behind it and the heartbeat are one transaction: a page is stored whole or not at all, and never twice.
"""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from celery import current_app
from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Coalesce
from django.utils import timezone

from accounts.models import Credential, TikTokAccount
from accounts.services import CredentialLost, lock_account, update_profile
from accounts.tiktok.errors import AccessTokenInvalid, ScopeMissing, TikTokError, TikTokRateLimited, TikTokUnavailable
from posts import covers
from posts.models import Listing, Observation, Post, Refresh
from posts.storing import append_observations, mark_deleted, record_change, store_videos
from posts.tiktok import DisplayAPI, VideoCounts, VideoPage
from posts.tiktok.client import QUERY_SIZE
from privacy.consent.selectors import NoConsent
from privacy.models import AccessEvent
from privacy.trail.services import record

log = structlog.get_logger(__name__)

TURN = timedelta(minutes=5)
"""After this long a run hands over to a new task: others get the worker, and Celery's time limit stays far away."""
STALLED_AFTER = timedelta(minutes=3)
"""Without a heartbeat for this long a run counts as dead. A call to TikTok with all its retries is shorter."""
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


class ClaimLost(Exception):
    """Another run has taken over, or the refresh or its account is gone."""


@dataclass(frozen=True)
class Run:
    refresh_id: int
    account_id: int
    claim: uuid.UUID
    ends_at: datetime
    api: DisplayAPI


def enqueue_refresh(refresh_id: int) -> None:
    """Send the task after the commit. A broker that is away only delays it: `resume_stalled` sends it again."""
    transaction.on_commit(lambda: current_app.send_task("posts.tasks.run_refresh", [refresh_id]), robust=True)


def run_refresh(*, refresh_id: int) -> None:
    """Take a turn at the refresh, unless it is finished, waiting, or in another worker's hands."""
    run = _claim(refresh_id)
    if run is None:
        return
    record(action=AccessEvent.Action.CHANGE, subjects=_people_of(run.account_id), what="account and posts, from TikTok")
    with structlog.contextvars.bound_contextvars(refresh_id=refresh_id, account_id=run.account_id):
        try:
            _take_turn(run)
        except (ClaimLost, TikTokAccount.DoesNotExist):
            log.info("refresh_claim_lost")


def _people_of(account_id: int) -> list[int]:
    return list(TikTokAccount.objects.filter(pk=account_id).values_list("user_id", flat=True))


def resume_stalled(*, now: datetime | None = None) -> list[int]:
    """Queue again the refreshes whose message or worker was lost and those whose wait is over; their primary keys."""
    now = now or timezone.now()
    waited = Q(next_attempt_at__lte=now)
    stalled = Q(next_attempt_at=None) & (Q(heartbeat_at=None) | Q(heartbeat_at__lt=now - STALLED_AFTER))
    with transaction.atomic():
        due = Refresh.objects.filter(waited | stalled, state__in=Refresh.ACTIVE)
        ids = list(due.select_for_update(skip_locked=True, of=("self",)).order_by("pk").values_list("pk", flat=True))
        Refresh.objects.filter(pk__in=ids).update(claim=None, heartbeat_at=now, next_attempt_at=None)
        for refresh_id in ids:
            enqueue_refresh(refresh_id)
    return ids


def _claim(refresh_id: int) -> Run | None:
    """One conditional update: of several workers with the same message, one gets the claim."""
    now, claim = timezone.now(), uuid.uuid4()
    free = Refresh.objects.filter(pk=refresh_id, state__in=Refresh.ACTIVE, claim=None, next_attempt_at=None)
    claimed = free.update(
        state=Refresh.State.RUNNING,
        claim=claim,
        heartbeat_at=now,
        started_at=Coalesce("started_at", now),
        attempts=F("attempts") + 1,
    )
    if not claimed:
        return None
    account_id = Refresh.objects.values_list("account_id", flat=True).get(pk=refresh_id)
    return Run(refresh_id, account_id, claim, ends_at=now + TURN, api=DisplayAPI(account_id))


def _take_turn(run: Run) -> None:
    if _attempts(run) > MAX_ATTEMPTS:
        _fail(run, INTERNAL)
        return
    try:
        finished = _work(run)
    except (CredentialLost, NoConsent) as error:
        _fail(run, str(error))
    except ScopeMissing:
        _fail(run, VIDEOS_NOT_ALLOWED)
    except TikTokError as error:
        _wait_or_fail(run, error)
    else:
        _finish(run) if finished else _hand_over(run)


def _work(run: Run) -> bool:
    """Everything that is left to do; False when the turn ended before it was done."""
    refresh = Refresh.objects.select_related("account").filter(pk=run.refresh_id).first()
    if refresh is None:
        raise ClaimLost
    _fetch_profile(run, refresh)
    while not refresh.listing_done:
        if timezone.now() > run.ends_at:
            return False
        refresh = _store_page(run, run.api.video_list(refresh.cursor))
    _notice_deleted(run, refresh)
    return _measure_covers(run)


def _fetch_profile(run: Run, refresh: Refresh) -> None:
    account, started_at = refresh.account, refresh.started_at
    if account.profile_fetched_at is not None and started_at is not None and account.profile_fetched_at >= started_at:
        return
    scopes = Credential.objects.filter(account=account).values_list("scopes", flat=True).first() or []
    try:
        profile = run.api.user_info(scopes)
    except ScopeMissing:
        # taken back by the creator since; the videos may still be allowed
        return
    if profile.open_id not in ("", account.open_id):
        raise TikTokUnavailable("unexpected_answer", "the profile is that of another account")
    now = timezone.now()
    with transaction.atomic():
        held = _held(run)
        update_profile(account_id=run.account_id, profile=profile, now=now)
        _update(held, heartbeat_at=now, posts_expected=profile.video_count)


def _store_page(run: Run, page: VideoPage) -> Refresh:
    now = timezone.now()
    with transaction.atomic():
        refresh = _held(run)
        if page.has_more and refresh.cursor is not None and page.cursor >= refresh.cursor:  # type: ignore[operator]
            raise TikTokUnavailable("unexpected_answer", "the listing does not move on to older videos")
        account = lock_account(run.account_id)
        posts = store_videos(account, page.videos, now)
        counts = {video.id: video for video in page.videos}
        append_observations([(post, None) for post in posts.values()], counts, now, refresh)
        _advance(refresh, now, cursor=page.cursor, listing_done=not page.has_more)
        if posts:
            record_change(run.account_id, now)
    return refresh


def _notice_deleted(run: Run, refresh: Refresh) -> None:
    """Ask for the posts that the listing left out, and believe only that answer."""
    missing = Post.objects.filter(account=run.account_id, deleted_at=None, last_seen_at__lt=refresh.started_at)
    while posts := list(missing.order_by("pk")[:QUERY_SIZE]):
        found = run.api.video_query([post.tiktok_id for post in posts], VideoCounts)
        now = timezone.now()
        with transaction.atomic():
            held = _held(run)
            lock_account(run.account_id)
            there = [post for post in posts if post.tiktok_id in found]
            Post.objects.filter(pk__in=[post.pk for post in there]).update(last_seen_at=now)
            append_observations([(post, None) for post in there], found, now, held)
            mark_deleted([post for post in posts if post.tiktok_id not in found], now)
            _advance(held, now)
            record_change(run.account_id, now)


def _measure_covers(run: Run) -> bool:
    """Whatever goes wrong with covers is tried again with the next listing: the posts are what a refresh is for."""

    def still_ours() -> bool:
        now = timezone.now()
        with transaction.atomic():
            _update(_held(run), heartbeat_at=now)
        return now <= run.ends_at

    try:
        return covers.measure_pending(run.api, go_on=still_ours)
    except TikTokError as error:
        log.warning("covers_postponed", error=error.code, log_id=error.log_id)
        return True


def _attempts(run: Run) -> int:
    with transaction.atomic():
        return _held(run).attempts


def _held(run: Run) -> Refresh:
    """The refresh, locked until the transaction ends; raises ClaimLost when it is not this run's any more."""
    refresh = (
        Refresh.objects.select_for_update(of=("self",))
        .filter(pk=run.refresh_id, state=Refresh.State.RUNNING, claim=run.claim)
        .first()
    )
    if refresh is None:
        raise ClaimLost
    return refresh


def _advance(refresh: Refresh, now: datetime, **changes: object) -> None:
    stored = Observation.objects.filter(refresh=refresh).count()
    _update(refresh, heartbeat_at=now, attempts=0, posts_stored=stored, **changes)


def _update(refresh: Refresh, **changes: object) -> None:
    for name, value in changes.items():
        setattr(refresh, name, value)
    refresh.save(update_fields=list(changes))


def _finish(run: Run) -> None:
    now = timezone.now()
    with transaction.atomic():
        _update(_held(run), state=Refresh.State.DONE, finished_at=now, heartbeat_at=now, claim=None, error="")
        Listing.objects.update_or_create(account_id=run.account_id, defaults={"listed_at": now})
    log.info("refresh_done")


def _hand_over(run: Run) -> None:
    with transaction.atomic():
        _update(_held(run), heartbeat_at=timezone.now(), claim=None, attempts=0)
        enqueue_refresh(run.refresh_id)


def _wait_or_fail(run: Run, error: TikTokError) -> None:
    worth_waiting = error.retryable or isinstance(error, AccessTokenInvalid)
    attempts = _attempts(run)
    log.warning("refresh_interrupted", error=error.code, log_id=error.log_id, attempts=attempts)
    if not worth_waiting:
        _fail(run, TIKTOK_REFUSED.format(code=error.code))
    elif attempts >= MAX_ATTEMPTS:
        _fail(run, TIKTOK_FAILED)
    else:
        wait = BACKOFF[max(attempts, 1) - 1]
        if isinstance(error, TikTokRateLimited) and error.retry_after is not None:
            wait = max(wait, timedelta(seconds=error.retry_after))
        now = timezone.now()
        with transaction.atomic():
            _update(_held(run), heartbeat_at=now, claim=None, next_attempt_at=now + wait)


def _fail(run: Run, sentence: str) -> None:
    now = timezone.now()
    with transaction.atomic():
        _update(_held(run), state=Refresh.State.FAILED, finished_at=now, heartbeat_at=now, claim=None, error=sentence)
    log.warning("refresh_failed", reason=sentence)
