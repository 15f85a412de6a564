"""Background learning of accounts: one task for each, and a sweep for those whose task was lost."""

from celery import shared_task
from django.core.cache import cache
from django.utils import timezone

from predictions.learning import selectors, services

QUIET_SECONDS = 2
"""Changes of an account's posts within this time are learned together."""
LOST_AFTER_SECONDS = 5 * 60
"""A queued task of an account keeps others away for at most this long: it may be lost."""
MAX_UPDATES_AT_ONCE = 500
"""Accounts that one sweep enqueues; the rest is still stale a minute later."""


def enqueue_weights_update(account_id: int) -> None:
    """Have the account learned soon, once however often this is called meanwhile."""
    if cache.add(_key(account_id), True, timeout=LOST_AFTER_SECONDS):
        update_weights.apply_async((account_id,), countdown=QUIET_SECONDS)


@shared_task
def update_weights(account_id: int) -> None:
    """Learn the account again if anything changed."""
    # before the posts are read: a change from here on needs a task of its own
    cache.delete(_key(account_id))
    services.update_weights(account_id=account_id)


@shared_task
def update_stale_weights() -> None:
    """Enqueue accounts that no signal did: after lost messages, a new champion, or labels that matured."""
    stale = selectors.stale_accounts(timezone.now()).values_list("pk", flat=True)
    for account_id in stale[:MAX_UPDATES_AT_ONCE]:
        enqueue_weights_update(account_id)


def _key(account_id: int) -> str:
    return f"weights-update:{account_id}"
