"""Background search for the posts that drafts became."""

from celery import shared_task

from predictions.plan import services


@shared_task
def find_published() -> None:
    """Run by beat every few minutes."""
    services.find_published()
