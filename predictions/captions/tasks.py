"""Background counting of shared phrases."""

from celery import shared_task

from predictions.captions import shared


@shared_task
def count_shared_phrases() -> None:
    """Run by beat each night."""
    shared.count_shared_phrases()
