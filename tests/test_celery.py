"""Tasks that a Celery worker finds (`config.celery`)."""

from django.conf import settings

from config.celery import app, packages_with_tasks
from config.jobs import Job


def test_a_worker_knows_every_task_that_is_scheduled_or_works_off_a_job() -> None:
    app.loader.import_default_modules()
    scheduled = {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}
    assert scheduled <= app.tasks.keys()
    assert {job.task for job in Job.__subclasses__()} <= app.tasks.keys()


def test_tasks_are_found_in_rooms() -> None:
    assert {"privacy.erasure", "privacy.trail"} <= set(packages_with_tasks())
