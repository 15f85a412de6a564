"""Writes of ingestion for others to call: request a refresh, or end its wait."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Value
from django.db.models.functions import Greatest
from django.utils import timezone

from accounts.linked.services import lock_account
from config.jobs import enqueue
from posts.ingest.selectors import needs_whole_listing
from posts.models import Listing, Refresh
from posts.platforms.registry import is_fetched

HURRY_EVERY = timedelta(minutes=1)
"""Shortest time between two ends of a refresh's wait by a person: each time costs calls to TikTok."""


class NotConnected(Exception):
    """The account was disconnected: nothing can be fetched until its creator connects it again."""


def request_refresh(*, account_id: int) -> Refresh:
    """Return the account's active refresh, newly queued if there is none: at most one at a time for each account.

    One that waits for TikTok tries at once, or `HURRY_EVERY` after its wait was last ended. A new one goes on where an
    unfinished listing stopped. Raise NotConnected, NoConsent, and TikTokAccount.DoesNotExist.
    """
    now = timezone.now()
    with transaction.atomic():
        account = lock_account(account_id)
        if account.disconnected_at is not None or not is_fetched(account):
            raise NotConnected
        active = account.refreshes.filter(state__in=Refresh.ACTIVE).select_for_update().first()
        if active is not None:
            if active.state == Refresh.State.WAITING:
                _end_wait(active, now)
            return active
        stopped_at = Listing.objects.filter(account=account).values_list("cursor", flat=True).first()
        refresh = account.refreshes.create(
            heartbeat_at=now, jump_cursor=stopped_at, newest_only=not needs_whole_listing(account_id, now)
        )
        enqueue(refresh)
        return refresh


def _end_wait(refresh: Refresh, now: datetime) -> None:
    hurried_at = refresh.hurried_at
    earliest = now if hurried_at is None or hurried_at > now else max(now, hurried_at + HURRY_EVERY)
    if earliest > now:
        Refresh.objects.filter(pk=refresh.pk, next_attempt_at__gt=earliest).update(next_attempt_at=earliest)
    else:
        Refresh.objects.filter(pk=refresh.pk).update(
            state=Refresh.State.QUEUED,
            reason="",
            next_attempt_at=None,
            heartbeat_at=now,
            hurried_at=now,
            # a person's impatience uses up no attempt
            attempts=Greatest(F("attempts") - 1, Value(0)),
        )
        enqueue(refresh)
    refresh.refresh_from_db()
