"""Celery tasks: thin, idempotent, by primary key."""

from celery import shared_task

from posts.imports import services


@shared_task
def run_import(import_id: int) -> None:
    """Read the import's file, or store what was confirmed of it."""
    services.run_import(import_id=import_id)


@shared_task
def resume_imports() -> None:
    """Resume imports whose worker or message was lost (beat, each minute)."""
    services.resume_imports()
