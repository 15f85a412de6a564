"""Celery tasks: thin, idempotent, by primary key."""

from celery import shared_task
from django.utils import timezone

from posts import refreshing, schedule


@shared_task
def run_refresh(refresh_id: int) -> None:
    """Take a turn at a refresh."""
    refreshing.run_refresh(refresh_id=refresh_id)


@shared_task
def resume_stalled_refreshes() -> None:
    """Beat, each minute: give refreshes whose worker or message was lost, or whose wait is over, to a worker."""
    refreshing.resume_stalled()


@shared_task
def observe_due_posts() -> None:
    """Beat, every five minutes: see which accounts have posts to observe or to discover."""
    schedule.enqueue_due_work(timezone.now())


@shared_task
def observe_account(account_id: int) -> None:
    """Observe an account's due posts."""
    schedule.observe_account(account_id=account_id)


@shared_task
def discover_posts(account_id: int) -> None:
    """Find an account's new posts."""
    schedule.discover_posts(account_id=account_id)
