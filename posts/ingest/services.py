"""Writes of ingestion for others to call: request a refresh."""

from django.db import transaction
from django.utils import timezone

from accounts.linked.services import lock_account
from accounts.models import TikTokAccount
from config.jobs import enqueue
from posts.models import Refresh


class NotConnected(Exception):
    """The account was disconnected: nothing can be fetched until its creator connects it again."""


def request_refresh(*, account_id: int) -> Refresh:
    """Return the account's active refresh, newly queued if there is none: at most one at a time for each account.

    Raise NotConnected, NoConsent, and TikTokAccount.DoesNotExist.
    """
    with transaction.atomic():
        account = lock_account(account_id)
        if account.disconnected_at is not None or account.platform != TikTokAccount.Platform.TIKTOK:
            raise NotConnected
        active = account.refreshes.filter(state__in=Refresh.ACTIVE).first()
        if active is not None:
            return active
        refresh = account.refreshes.create(heartbeat_at=timezone.now())
        enqueue(refresh)
        return refresh
