"""Celery tasks: thin, idempotent, by primary key."""

from celery import shared_task
from django.utils import timezone

from posts.ingest import refreshing, schedule


@shared_task
def run_refresh(refresh_id: int) -> None:
    """Take a turn at the refresh."""
    refreshing.run_refresh(refresh_id=refresh_id)


@shared_task
def resume_stalled_refreshes() -> None:
    """Resume refreshes whose worker or message was lost, or whose wait is over (beat, each minute)."""
    refreshing.resume_stalled()


@shared_task
def observe_due_posts() -> None:
    """Send tasks for accounts with posts to observe or to discover (beat, every five minutes)."""
    schedule.enqueue_due_work(timezone.now())


@shared_task
def observe_account(account_id: int) -> None:
    """Observe the account's due posts."""
    schedule.observe_account(account_id=account_id)


@shared_task
def discover_posts(account_id: int) -> None:
    """Find the account's new posts."""
    schedule.discover_posts(account_id=account_id)
