"""Requesting, making and resuming exports. A worker that resumes the job of a killed one starts the archive afresh."""

from datetime import datetime, timedelta

import structlog
from django.db import transaction
from django.dispatch import Signal
from django.utils import timezone

from config import jobs
from config.databases import late_reads
from privacy.declarations.registry import subject_of
from privacy.export.archive import write_archive
from privacy.export.parts import Parts
from privacy.models import AccessEvent, DataExport
from privacy.people import lock_person
from privacy.trail.services import record

log = structlog.get_logger(__name__)

LASTS = timedelta(days=7)
LEASE = timedelta(minutes=5)
"""Longest time for a message to reach a worker before it is sent again."""
MAX_ATTEMPTS = 5

# Sent with `export` inside the transaction that makes it ready.
export_ready = Signal()


@transaction.atomic
def request_export(*, user_id: int) -> DataExport:
    """Return the person's export that is being made, or a new one, which ends those before it once it is ready."""
    lock_person(user_id)
    export = DataExport.objects.filter(user=user_id, state__in=DataExport.ACTIVE).first()
    if export is None:
        export = DataExport.objects.create(user_id=user_id, heartbeat_at=timezone.now())
        record(action=AccessEvent.Action.EXPORT, subjects=[user_id], what="export asked for")
        jobs.enqueue(export)
    return export


def make(*, export_pk: int) -> bool:
    """Make the archive, unless another worker does; return whether it is ready now."""
    export = claim_export(export_pk)
    if export is None:
        return False
    try:
        if export.attempts > MAX_ATTEMPTS:
            jobs.release(export, state=DataExport.State.FAILED, expires_at=timezone.now() + LASTS)
            log.error("export_failed", export=export.public_id)
            return False
        parts = Parts(export)
        # also from a standby, if it has all that was there when the person asked
        database = late_reads(after=export.requested_at)
        subject = subject_of(export.user_id)
        write_archive(parts, subject, between_tables=lambda: jobs.heartbeat(export), database=database)
        _take_place(export, parts.finish())
    except jobs.ClaimLost:
        log.warning("export_claim_lost", export=export.public_id)
        return False
    log.info("export_ready", export=export.public_id, size=export.size)
    return True


@transaction.atomic
def _take_place(export: DataExport, size: int) -> None:
    """Make the copy ready, in the place of those before it: one is kept of a person. Raise ClaimLost."""
    now = timezone.now()
    jobs.release(export, size=size, state=DataExport.State.READY, ready_at=now, expires_at=now + LASTS)
    DataExport.objects.filter(user=export.user_id, pk__lt=export.pk).exclude(state__in=DataExport.ACTIVE).delete()
    export_ready.send(sender=DataExport, export=export)


@transaction.atomic
def claim_export(export_pk: int) -> DataExport | None:
    """Claim the export, and delete the parts that a killed worker left; None if another worker holds it."""
    active = DataExport.objects.filter(state__in=DataExport.ACTIVE)
    export = jobs.claim(active, export_pk, lease=LEASE, state=DataExport.State.RUNNING)
    if export is not None:
        export.parts.all().delete()
    return export


def resume_exports(*, now: datetime | None = None) -> list[int]:
    """Send the exports whose message or worker was lost; return their primary keys."""
    return jobs.resume(
        DataExport.objects.filter(jobs.lost(DataExport, LEASE, now=now), state__in=DataExport.ACTIVE), now=now
    )
