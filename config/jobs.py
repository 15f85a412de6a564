"""Resumable jobs: rows that one worker at a time works off, and that another resumes when the worker dies.

A worker claims a job and renews its lease with a heartbeat in each transaction that it writes. When the lease runs
out, beat resumes the job: another worker may claim it, and the first one, should it still be alive, gets ClaimLost at
its next heartbeat, before it can commit anything more.

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

    def resume_exports() -> list[int]:                       # beat, each minute
        return resume(Export.objects.filter(stalled(LEASE), state__in=Export.ACTIVE))

The lease is longer than the longest time between two heartbeats.
"""

import uuid
from datetime import datetime, timedelta
from typing import Any, ClassVar, TypeVar

from celery import current_app
from django.db import models, transaction
from django.db.models import F, Q
from django.utils import timezone

from privacy.declarations.columns import plain


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
    """Send the job's task after the commit. A message that is lost only delays the job until `resume`."""
    _send_on_commit(job.task, job.pk)


def stalled(lease: timedelta, *, now: datetime | None = None) -> Q:
    """Match jobs without a heartbeat for the lease: their worker, or the message to one, counts as lost."""
    return Q(heartbeat_at=None) | Q(heartbeat_at__lt=(now or timezone.now()) - lease)


def claim(
    jobs: "models.QuerySet[J]", pk: int, *, lease: timedelta, now: datetime | None = None, **changes: Any
) -> J | None:
    """Claim the job `pk`, and store the changes, if it is among `jobs` and no live worker holds it; otherwise None.

    The claim is one conditional update: of several workers with the same message, one gets the job.
    """
    now = now or timezone.now()
    free = Q(claim=None) | stalled(lease, now=now)
    with transaction.atomic():
        claimed = jobs.filter(free, pk=pk).update(
            claim=uuid.uuid4(), heartbeat_at=now, attempts=F("attempts") + 1, **changes
        )
        return jobs.model._base_manager.get(pk=pk) if claimed else None


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
    transaction.on_commit(lambda: current_app.send_task(task, [pk]), robust=True)
