"""The daily look at suggestions."""

from celery import shared_task

from predictions.reports import services


@shared_task
def watch_suggestions() -> None:
    """Run by beat each day."""
    services.watch_suggestions()
