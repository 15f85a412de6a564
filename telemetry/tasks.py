"""Background work of telemetry."""

from celery import shared_task

from telemetry import outbox


@shared_task
def relay_outbox() -> None:
    """Send messages that were not sent after their commit. Beat, every few seconds."""
    outbox.relay()
