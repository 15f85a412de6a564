"""Background sending of messages to webhooks; each task can be run twice without harm."""

from celery import shared_task
from django.utils import timezone

from accounts.webhooks import sending


@shared_task
def deliver(delivery_id: int) -> None:
    """Send one message, if it is due."""
    sending.deliver(delivery_id=delivery_id)


@shared_task
def deliver_due() -> None:
    """Send what is due for another attempt, and what no message reached a worker for (beat, each minute)."""
    for delivery_id in sending.due(timezone.now()):
        deliver.delay(delivery_id)
