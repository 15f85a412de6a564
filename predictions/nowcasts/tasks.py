"""Background watch over young posts."""

from celery import shared_task

from predictions.nowcasts import services


@shared_task
def tell_far_off() -> None:
    """Run by beat every few minutes."""
    services.tell_far_off()
