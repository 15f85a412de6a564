"""Background release of trends."""

from celery import shared_task

from posts.trends import services


@shared_task
def release_trends() -> None:
    """Run by beat each hour; releases once in six hours."""
    services.release_trends()
