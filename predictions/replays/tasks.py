"""Background replays: one task for each account, and a sweep for those whose task was lost."""

from celery import shared_task
from django.core.cache import cache
from django.utils import timezone

from predictions.replays import selectors, services

QUIET_SECONDS = 3
"""An account that is being read is learned page by page: replays within this time are one."""
LOST_AFTER_SECONDS = 5 * 60
"""A queued task of an account keeps others away for at most this long: it may be lost."""
MAX_UPDATES_AT_ONCE = 500
"""Accounts that one sweep enqueues; the rest is still stale at the next."""


def enqueue_replay(account_id: int) -> None:
    """Have the account replayed soon, once however often this is called meanwhile."""
    if cache.add(_key(account_id), True, timeout=LOST_AFTER_SECONDS):
        update_replay.apply_async((account_id,), countdown=QUIET_SECONDS)


@shared_task
def update_replay(account_id: int) -> None:
    """Replay the account if its replay is stale."""
    # before the posts are read: a change from here on needs a task of its own
    cache.delete(_key(account_id))
    services.update_replay(account_id=account_id)


@shared_task
def update_stale_replays() -> None:
    """Enqueue accounts that no signal did: after lost messages, and whose labels matured."""
    stale = selectors.stale_replays(timezone.now()).values_list("pk", flat=True)
    for account_id in stale[:MAX_UPDATES_AT_ONCE]:
        enqueue_replay(account_id)


def _key(account_id: int) -> str:
    return f"replay-update:{account_id}"
