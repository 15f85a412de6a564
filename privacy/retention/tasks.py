"""Background work of retention; each task can be run twice without harm."""

from celery import shared_task

from privacy.retention import purging, services


@shared_task
def extend_retention(user_id: int) -> None:
    """Keep a person's data for another twelve months, after a sign-in."""
    services.extend(user_id=user_id)


@shared_task
def purge() -> None:
    """Delete what was kept for long enough. Beat, hourly."""
    purging.purge_all()


@shared_task
def watch_retention() -> None:
    """Log an error where rules are late. Beat, hourly."""
    purging.watch()
