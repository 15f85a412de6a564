"""Background work of privacy; each task can be run twice without harm."""

from celery import shared_task

from privacy import retention


@shared_task
def extend_retention(user_id: int) -> None:
    """A person has signed in: their data is kept for another twelve months."""
    retention.extend(user_id=user_id)
