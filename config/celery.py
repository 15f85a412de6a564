"""The Celery application; its configuration stands in Django's settings (`CELERY_*`)."""

import os
from pathlib import Path
from typing import Any

import structlog
from celery import Celery, Task
from celery.exceptions import Ignore

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.development")

log = structlog.get_logger(__name__)


class GatedTask(Task):  # type: ignore[type-arg]
    """A task that workers drop while erasures of before a restore have not been replayed.

    It is not retried: its rows' numbers may belong to others by then, and beat finds due work in the database.
    """

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run the task in a worker, unless the gate is shut; called directly, a task is a function."""
        from privacy.erasure.restores.gate import GATE

        if self.request.called_directly:
            return super().__call__(*args, **kwargs)
        if reason := GATE.reason():
            log.warning("task_dropped", task=self.name, reason=reason)
            raise Ignore(reason)
        return self.run(*args, **kwargs)


def packages_with_tasks() -> list[str]:
    """Return the packages of the installed apps that have a module `tasks`, rooms inside of an app included."""
    from django.apps import apps

    return [
        ".".join([app.name, *module.relative_to(app.path).parent.parts])
        for app in apps.get_app_configs()
        for module in Path(app.path).rglob("tasks.py")
    ]


app: "Celery[Any]" = Celery("postcast", task_cls=GatedTask)
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(packages_with_tasks)
