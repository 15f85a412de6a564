"""Background checks for drift."""

from celery import shared_task

from predictions.monitoring import services


@shared_task
def check_drift() -> None:
    """Run by beat each hour."""
    services.check_drift()
