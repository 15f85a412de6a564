"""Background work on model versions."""

from celery import shared_task

from predictions.versions import canary


@shared_task
def watch_canary() -> None:
    """Run by beat each minute."""
    canary.watch_canary()
