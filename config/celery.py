"""The Celery application; its configuration stands in Django's settings (`CELERY_*`).

A task that raises, that takes too long, or whose process is killed is tried three times, and then kept for staff
(`telemetry.FailedTask`). While PostgreSQL is away it waits instead, however long that is.
"""

import os
import sys
import time
from pathlib import Path
from typing import Any
from zlib import crc32

import structlog
from celery import Celery, Task
from celery.exceptions import Ignore, Reject, Retry, TimeLimitExceeded, WorkerLostError
from celery.signals import before_task_publish

from telemetry.metrics.folder import use_folder

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.development")

if "celery" in Path(sys.argv[0]).parts:
    # before anything imports prometheus_client: a worker's children write their metrics into files
    use_folder()

log = structlog.get_logger(__name__)

MAX_TRIES = 3
RETRY_PAUSES_S = (5, 30)
"""Before the second and the third try."""
DATABASE_PAUSE_S = 15
"""Before the next try while PostgreSQL is away."""
TRIES_KEPT_S = 24 * 3600
_BEAT_LOCKS = 0x62656174
"""First key of the advisory locks on beat's tasks; the second is the task's."""


class GatedTask(Task):  # type: ignore[type-arg]
    """A task of the service, as workers run it.

    Workers drop it while erasures of before a restore have not been replayed: its rows' numbers may belong to others by
    then, and beat finds due work in the database.
    """

    Request = "config.worker:LastingRequest"

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run the task in a worker, unless the gate is shut; called directly, a task is a function."""
        from privacy.erasure.restores.gate import GATE

        if self.request.called_directly:
            return super().__call__(*args, **kwargs)
        reason = GATE.reason()
        if GATE.database_away:
            raise self.retry(countdown=DATABASE_PAUSE_S, max_retries=None)
        if reason:
            log.warning("task_dropped", task=self.name, reason=reason)
            raise Ignore(reason)
        tries = _count_try(str(self.request.id))
        if tries > MAX_TRIES:
            # each time its process was killed: it cannot have told anything
            self._give_up(WorkerLostError("its process ended while it ran"), args, kwargs, tries - 1)
            raise Ignore("tried too often")
        try:
            result = self._run_once(*args, **kwargs)
        except (Ignore, Reject, Retry):
            raise
        except Exception as error:
            log.warning("task_raised", task=self.name, error=type(error).__name__, tries=tries, exc_info=True)
            raise self._later(error, tries) from error
        finally:
            _release_locks()
        _forget_tries(str(self.request.id))
        return result

    def _run_once(self, *args: Any, **kwargs: Any) -> Any:
        """Run the task; one of beat's, as if only one beat were there."""
        if args or kwargs or self.name not in _scheduled(self.app):
            return self.run(*args, **kwargs)
        from django.db import connection

        key = [_BEAT_LOCKS, crc32(self.name.encode()) & 0x7FFFFFFF]
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", key)
            if cursor.fetchone() == (False,):
                log.info("task_runs_elsewhere", task=self.name)
                return None
        try:
            return self.run()
        finally:
            if connection.connection is not None and not connection.connection.closed:
                with connection.cursor() as cursor:
                    cursor.execute("SELECT pg_advisory_unlock(%s, %s)", key)

    def _later(self, error: Exception, tries: int) -> Exception:
        """Return what to raise: a retry, or the error itself after the last try."""
        if _is_database_away(error):
            _forget_tries(str(self.request.id))
            return self.retry(exc=error, countdown=DATABASE_PAUSE_S, max_retries=None, throw=False)
        if tries < MAX_TRIES:
            return self.retry(exc=error, countdown=RETRY_PAUSES_S[tries - 1], max_retries=None, throw=False)
        return error

    def on_failure(self, exc: BaseException, task_id: str, args: Any, kwargs: Any, einfo: Any) -> None:
        """Keep a task that failed for good. In the worker's parent process after a time limit or a lost process."""
        from django.db import connections

        tries = _tries(task_id)
        try:
            if isinstance(exc, TimeLimitExceeded) and tries < MAX_TRIES:
                self.apply_async(args, kwargs, task_id=task_id, countdown=RETRY_PAUSES_S[max(tries, 1) - 1])
            else:
                self._give_up(exc, args, kwargs, max(tries, 1), task_id=task_id)
        finally:
            if isinstance(exc, TimeLimitExceeded | WorkerLostError):
                # the children to come must not inherit a connection
                connections.close_all()

    def _give_up(self, error: BaseException, args: Any, kwargs: Any, tries: int, task_id: str = "") -> None:
        from config.settings.celery import queue_of
        from telemetry.failures import record_failure

        task_id = task_id or str(self.request.id)
        record_failure(
            task_id=task_id,
            task=str(self.name),
            queue=queue_of(str(self.name)),
            arguments=args,
            named_arguments=kwargs,
            error=error,
            tries=tries,
        )
        _forget_tries(task_id)


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


@before_task_publish.connect
def stamp_sending(headers: dict[str, Any], **_: Any) -> None:
    """Write the moment of sending into each message, so that the age of a queue can be told."""
    from telemetry.queues import SENT_AT

    headers[SENT_AT] = time.time()


def _scheduled(app: "Celery[Any]") -> frozenset[str]:
    return frozenset(entry["task"] for entry in app.conf.beat_schedule.values())


def _count_try(task_id: str) -> int:
    """Return which try of the message this is, from 1; the first one wherever Redis has forgotten."""
    from django.core.cache import cache

    tries = _tries(task_id) + 1
    cache.set(f"tries:{task_id}", tries, timeout=TRIES_KEPT_S)
    return tries


def _tries(task_id: str) -> int:
    from django.core.cache import cache

    return int(cache.get(f"tries:{task_id}", 0))


def _forget_tries(task_id: str) -> None:
    from django.core.cache import cache

    cache.delete(f"tries:{task_id}")


def _is_database_away(error: Exception) -> bool:
    """Return whether the task failed because PostgreSQL cannot be reached."""
    from django.db import InterfaceError, OperationalError, connection

    if not isinstance(error, OperationalError | InterfaceError):
        return False
    connection.close()
    try:
        connection.ensure_connection()
    except OperationalError:
        return True
    return False


def _release_locks() -> None:
    """Release the locks of jobs that the task claimed and did not release."""
    from django.db import DatabaseError, InterfaceError

    from config.jobs import unlock_all

    try:
        unlock_all()
    except (DatabaseError, InterfaceError) as error:
        # without a connection there is no lock either
        log.warning("locks_not_released", error=type(error).__name__)
