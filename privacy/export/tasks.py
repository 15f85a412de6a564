"""Background work of exports; each task can be run twice without harm."""

from celery import shared_task

from privacy.export import services


@shared_task
def make_export(export_pk: int) -> None:
    """Make a person's copy of their data."""
    services.make(export_pk=export_pk)


@shared_task
def resume_exports() -> None:
    """Resume exports whose worker was lost. Beat, each minute."""
    services.resume_exports()
