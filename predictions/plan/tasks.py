"""Background work of drafts: reminders, and the search for the posts that they became."""

from celery import shared_task

from predictions.plan import services


@shared_task
def find_published() -> None:
    """Run by beat every few minutes."""
    services.find_published()


@shared_task
def tell_reminders() -> None:
    """Run by beat each minute."""
    services.tell_reminders()
