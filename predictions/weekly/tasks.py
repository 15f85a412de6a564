"""Background telling of weeks."""

from celery import shared_task

from predictions.weekly import services


@shared_task
def tell_weeks() -> None:
    """Run by beat every quarter of an hour: somewhere it is Monday morning."""
    services.tell_weeks()
