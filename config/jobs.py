"""Resumable jobs: rows that one worker at a time works off, and that another resumes when the worker dies.

A worker claims a job and renews its claim with a heartbeat in each transaction that it writes. As long as it works,
it holds an advisory lock of PostgreSQL for the job, which goes with its connection: the lock of a worker that was
killed is free at once. Beat looks every few seconds and resumes such jobs: another worker may claim them, and the first
one, should it be alive without its connection, gets ClaimLost at its next heartbeat, before it can commit anything
more. A worker that is slow keeps its lock, and with it the job.

    class Export(Job):
        task = "exports.tasks.make_export"
        ...

    def request_export() -> Export:
        export = Export.objects.create(heartbeat_at=timezone.now())
        enqueue(export)
        return export

    def make_export(*, pk: int) -> None:                     # the task
        export = claim(Export.objects.filter(state__in=Export.ACTIVE), pk, lease=LEASE, state="running")
        if export is None:
            return                                           # done, or another worker holds it
        for part in parts:
            with transaction.atomic():
                heartbeat(export)                            # or raise ClaimLost
                store(part)
        release(export, state="ready")

    def resume_exports() -> list[int]:                       # beat, every few seconds
        return resume(Export.objects.filter(lost(Export, LEASE), state__in=Export.ACTIVE))

The lease is how long a message may take to reach a worker before it is sent again. Locks need a connection of the
worker's own: workers connect to PostgreSQL itself, or through a PgBouncer that pools sessions (DATABASE_POOLER is for
web alone).
"""

import uuid
from datetime import datetime, timedelta
from typing import Any, ClassVar, TypeVar
from zlib import crc32

from django.db import connection, models, transaction
from django.db.models import F, Q
from django.utils import timezone

from privacy.declarations.columns import plain

GRACE = timedelta(seconds=5)
"""A job without its worker's lock and without a heartbeat for so long has lost its worker."""


class ClaimLost(Exception):
    """The job is no longer this worker's: another may claim it, or it was ended or deleted."""


class Job(models.Model):
    """A row of long background work. Its own columns tell what is to be done and how far it is."""

    task: ClassVar[str]
    """The name of the Celery task that works it off; its argument is the primary key."""

    claim = plain(
        models.UUIDField(null=True, editable=False, help_text="Of the worker that holds it; a fencing token."),
        "the worker that holds it",
    )
    heartbeat_at = plain(
        models.DateTimeField(null=True, help_text="When it was last queued, claimed or written by its worker."),
        "sign of life of the worker",
    )
    attempts = plain(
        models.PositiveIntegerField(default=0, help_text="Claims since the last progress."),
        "how often it was claimed since the last progress",
    )

    class Meta:
        abstract = True


J = TypeVar("J", bound=Job)


def enqueue(job: Job) -> None:
    """Send the job's task after the commit, through the outbox."""
    _send_on_commit(job.task, job.pk)


def stalled(lease: timedelta, *, now: datetime | None = None) -> Q:
    """Match jobs without a heartbeat for the lease."""
    now = now or timezone.now()
    # one from the future was written under a clock that was wrong
    return Q(heartbeat_at=None) | Q(heartbeat_at__lt=now - lease) | Q(heartbeat_at__gt=now + lease)


def lost(model: type[Job], lease: timedelta, *, now: datetime | None = None) -> Q:
    """Match jobs whose worker ended, and unclaimed ones whose message did not reach a worker within the lease.

    One query finds the jobs that a worker holds now.
    """
    now = now or timezone.now()
    dead = Q(claim__isnull=False) & stalled(GRACE, now=now) & ~Q(pk__in=_held_by_workers(model))
    return dead | (Q(claim=None) & stalled(lease, now=now))


def claim(
    jobs: "models.QuerySet[J]", pk: int, *, lease: timedelta, now: datetime | None = None, **changes: Any
) -> J | None:
    """Claim the job `pk`, and store the changes, if it is among `jobs` and no live worker holds it; otherwise None.

    The claim is one conditional update: of several workers with the same message, one gets the job.
    """
    now = now or timezone.now()
    free = Q(claim=None) | stalled(lease, now=now)
    # before the claim can be seen, so that a claim without a lock is always a lost one
    if not _lock(jobs.model, pk):
        return None
    with transaction.atomic():
        claimed = jobs.filter(free, pk=pk).update(
            claim=uuid.uuid4(), heartbeat_at=now, attempts=F("attempts") + 1, **changes
        )
        if claimed:
            return jobs.model._base_manager.get(pk=pk)
    _unlock(jobs.model, pk)
    return None


def heartbeat(job: Job, **changes: Any) -> None:
    """Renew the lease and store the changes. The row stays locked until the transaction ends. Raise ClaimLost."""
    changes["heartbeat_at"] = timezone.now()
    if not type(job)._default_manager.filter(pk=job.pk, claim=job.claim).update(**changes):
        raise ClaimLost
    for column, value in changes.items():
        setattr(job, column, value)


def release(job: Job, **changes: Any) -> None:
    """Give the claim up and store the changes, e.g. the state in which the job ends. Raise ClaimLost."""
    heartbeat(job, claim=None, **changes)
    _unlock(type(job), job.pk)


def resume(jobs: "models.QuerySet[J]", *, now: datetime | None = None, **changes: Any) -> list[int]:
    """Take the jobs from their workers, store the changes and send each again; return their primary keys.

    Jobs whose row is locked are skipped: somebody is writing them. A message gets a whole lease to reach a worker.
    """
    with transaction.atomic():
        pks = list(jobs.select_for_update(skip_locked=True).order_by("pk").values_list("pk", flat=True))
        jobs.model._default_manager.filter(pk__in=pks).update(claim=None, heartbeat_at=now or timezone.now(), **changes)
        for pk in pks:
            _send_on_commit(jobs.model.task, pk)
    return pks


def _send_on_commit(task: str, pk: int) -> None:
    # not at the top: the outbox's table stands beside one that imports models which are jobs
    from telemetry.outbox import send_on_commit

    send_on_commit(task, pk)


# --- locks of workers -------------------------------------------------------------------------------------------------


def unlock_all() -> None:
    """Release the locks of the jobs that this connection claimed and did not release: its task is over."""
    for model, pk in list(_locks()):
        _unlock(model, pk)


def _lock(model: type[Job], pk: int) -> bool:
    """Take the job's lock for this connection; return whether no other connection holds it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", _key(model, pk))
        [locked] = cursor.fetchone()
    if locked:
        _locks().append((model, pk))
    return bool(locked)


def _unlock(model: type[Job], pk: int) -> None:
    if (model, pk) in _locks():
        _locks().remove((model, pk))
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s, %s)", _key(model, pk))


def _locks() -> list[tuple[type[Job], int]]:
    """Return the locks that this connection holds; a new connection to PostgreSQL begins without any."""
    connection.ensure_connection()
    session: Any = connection.connection
    if getattr(connection, "_locks_of", None) is not session:
        connection._locks_of, connection._locks = session, []  # type: ignore[attr-defined]
    locks: list[tuple[type[Job], int]] = connection._locks  # type: ignore[attr-defined]
    return locks


def _held_by_workers(model: type[Job]) -> list[int]:
    """Return the keys of jobs that other connections hold: what this one still holds is of a task that is over."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT objid::bigint FROM pg_locks WHERE locktype = 'advisory' AND granted AND classid = %s::oid"
            " AND pid <> pg_backend_pid()"
            " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
            [_key(model, 0)[0]],
        )
        return [int(pk) for (pk,) in cursor.fetchall()]


def _key(model: type[Job], pk: int) -> tuple[int, int]:
    """Return the lock's key, of two signed 32-bit numbers: the table's, and the row's."""
    return crc32(model._meta.db_table.encode()) & 0x7FFFFFFF, pk & 0x7FFFFFFF
