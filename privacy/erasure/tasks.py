"""Background work of erasure; each task can be run twice without harm."""

from celery import shared_task

from privacy.erasure import running, services


@shared_task
def run_erasure(erasure_pk: int) -> None:
    """Take an erasure on from where it stands."""
    running.run(erasure_pk=erasure_pk)


@shared_task
def resume_erasures() -> None:
    """Begin erasures whose wait is over, and resume those whose worker was lost. Beat, each minute."""
    services.resume_due()
