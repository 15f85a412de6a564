"""What may be done to posts from outside this app."""

from django.db import transaction
from django.utils import timezone

from accounts.linked.services import lock_account
from posts.fingerprints import caption_fingerprint
from posts.models import Refresh
from posts.refreshing import enqueue_refresh

__all__ = ["NotConnected", "caption_fingerprint", "request_refresh"]


class NotConnected(Exception):
    """The account was disconnected: nothing can be fetched until its creator connects it again."""


def request_refresh(*, account_id: int) -> Refresh:
    """The account's active refresh, newly queued if there is none: at most one at a time for each account.

    Raises NotConnected, NoConsent, and TikTokAccount.DoesNotExist.
    """
    with transaction.atomic():
        account = lock_account(account_id)
        if account.disconnected_at is not None:
            raise NotConnected
        active = account.refreshes.filter(state__in=Refresh.ACTIVE).first()
        if active is not None:
            return active
        refresh = account.refreshes.create(heartbeat_at=timezone.now())
        enqueue_refresh(refresh.pk)
        return refresh
