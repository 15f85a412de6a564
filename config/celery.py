"""The Celery application: workers and beat read everything else from Django's settings (`CELERY_*`)."""

import os
from pathlib import Path
from typing import Any

import structlog
from celery import Celery, Task
from celery.exceptions import Ignore

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.development")

log = structlog.get_logger(__name__)


class GatedTask(Task):  # type: ignore[type-arg]
    """A task that a worker drops while the gate is shut after a restore (`privacy.erasure.restores.gate`).

    It is not retried: its primary keys may be those of other rows now, and beat resumes from the database.
    """

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run the task, unless a worker calls it while the gate is shut."""
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
