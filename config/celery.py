"""The Celery application: workers and beat read everything else from Django's settings (`CELERY_*`)."""

import os
from typing import Any

import structlog
from celery import Celery, Task
from celery.exceptions import Ignore

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.development")

log = structlog.get_logger(__name__)


class GatedTask(Task):  # type: ignore[type-arg]
    """A task that a worker drops while a restored database does not know yet who was erased since.

    It is not tried again: its rows' numbers may mean others by now, and beat finds in the database what is to be done.
    """

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """What workers call; called directly, a task is a function."""
        from privacy.gate import GATE

        if self.request.called_directly:
            return super().__call__(*args, **kwargs)
        if reason := GATE.reason():
            log.warning("task_dropped", task=self.name, reason=reason)
            raise Ignore(reason)
        return self.run(*args, **kwargs)


app: "Celery[Any]" = Celery("postcast", task_cls=GatedTask)
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
