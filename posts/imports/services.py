"""Imports of files: begun by an upload, read into rows to look at, confirmed or cancelled, stored in batches."""

import io
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

import structlog
from django.db import transaction
from django.utils import timezone

from accounts.linked.services import lock_account, store_followers
from accounts.models import TikTokAccount
from config import jobs
from posts.content.asking import themes_of
from posts.imports import storing
from posts.imports.matching import Decision, Matcher
from posts.imports.parts import SealedFile
from posts.ingest.storing import record_change
from posts.models import Import, ImportRow, Origin
from posts.platforms.base import FetchedCounts
from posts.platforms.exports import BadFile, Comment, ImportedRow, Skipped, read_file
from privacy.consent.selectors import NoConsent, require
from privacy.models import AccessEvent
from privacy.people import lock_person
from privacy.purposes import Purpose
from privacy.sealing import SealBroken
from privacy.trail.services import record

Outcome = ImportRow.Outcome
log = structlog.get_logger(__name__)

LEASE = timedelta(minutes=3)
"""Longer than a batch takes."""
TURN = timedelta(minutes=5)
"""After this long the storing hands over to a new task: Celery's time limit stays far away."""
MAX_ATTEMPTS = 3
BATCH = 250
"""Rows stored in one transaction."""
UPLOAD_LASTS = timedelta(minutes=2)
"""Without a part for so long, an upload counts as broken off."""
ANSWER_WITHIN = timedelta(days=1)
INTERRUPTED = "Reading the file was interrupted several times. Nothing was changed; please bring it once more."
STORING_INTERRUPTED = (
    "Storing the file was interrupted several times. What was stored until then is kept; bring the same file again "
    "to go on: nothing is stored twice."
)


class ImportInProgress(Exception):
    """Raised where the person has a file that is not done with; the message says what to do."""


class NotWaiting(Exception):
    """Raised where an import that is to be confirmed or cancelled does not wait for that."""


def begin_upload(*, account_id: int, now: datetime | None = None) -> Import:
    """Return a new import that takes a file's parts. One that broke off while it was uploaded makes room.

    Raise ImportInProgress, NoConsent, and TikTokAccount.DoesNotExist.
    """
    now = now or timezone.now()
    with transaction.atomic():
        account = TikTokAccount.objects.get(pk=account_id)
        lock_person(account.user_id)
        lock_account(account_id)
        mine = Import.objects.filter(account__user=account.user_id)
        mine.filter(jobs.stalled(UPLOAD_LASTS, now=now), state=Import.State.UPLOADING).delete()
        for other in mine.filter(state__in=Import.OPEN):
            if other.state == Import.State.READY:
                raise ImportInProgress("A file of yours waits for your answer: confirm or cancel it first.")
            raise ImportInProgress("A file of yours is being taken in: please wait until that is done.")
        return Import.objects.create(account=account, heartbeat_at=now, observed_at=now)


def drop_upload(upload: Import) -> None:
    """Delete an upload that broke off or was refused, with its parts."""
    Import.objects.filter(pk=upload.pk, state=Import.State.UPLOADING).delete()


@transaction.atomic
def finish_upload(upload: Import, *, size: int, sha256: str) -> None:
    """Have the uploaded file read. A file that was stored before keeps the moment at which it first came.

    Raise ClaimLost if the import was deleted meanwhile.
    """
    before = Import.objects.filter(account=upload.account_id, sha256=sha256, state=Import.State.DONE)
    observed_at = before.order_by("pk").values_list("observed_at", flat=True).first() or upload.observed_at
    jobs.heartbeat(upload, size=size, sha256=sha256, observed_at=observed_at, state=Import.State.READING)
    jobs.enqueue(upload)


@transaction.atomic
def confirm(upload: Import) -> None:
    """Have the rows stored that the person looked at. Raise NotWaiting and NoConsent."""
    account = lock_account(upload.account_id)
    waiting = Import.objects.filter(pk=upload.pk, state=Import.State.READY)
    now = timezone.now()
    if not waiting.update(state=Import.State.STORING, claim=None, attempts=0, heartbeat_at=now):
        raise NotWaiting("This file does not wait for an answer any more.")
    record(action=AccessEvent.Action.CHANGE, subjects=[account.user_id], what="an import of posts, confirmed")
    jobs.enqueue(upload)


@transaction.atomic
def cancel(upload: Import) -> None:
    """Forget the file and its rows. Raise NotWaiting once it is being stored."""
    row = Import.objects.select_for_update().filter(pk=upload.pk).first()
    if row is None or row.state not in (Import.State.READING, Import.State.READY, Import.State.UPLOADING):
        raise NotWaiting("This file cannot be cancelled any more.")
    _end(row, Import.State.CANCELLED)


def cancel_unanswered(*, now: datetime) -> int:
    """Cancel imports that were not confirmed within `ANSWER_WITHIN`; return how many."""
    late = Import.objects.filter(
        created_at__lt=now - ANSWER_WITHIN, state__in=(Import.State.READY, Import.State.UPLOADING)
    )
    cancelled = 0
    for row in late.order_by("pk"):
        with transaction.atomic():
            if locked := late.select_for_update(skip_locked=True).filter(pk=row.pk).first():
                _end(locked, Import.State.CANCELLED, "It was not confirmed within a day, and is forgotten.")
                cancelled += 1
    return cancelled


def run_import(*, import_id: int) -> None:
    """Read or store the import, whichever is due, unless another worker does."""
    upload = jobs.claim(Import.objects.filter(state__in=Import.ACTIVE), import_id, lease=LEASE)
    if upload is None:
        return
    with structlog.contextvars.bound_contextvars(import_id=upload.public_id, account_id=upload.account_id):
        try:
            _work(upload)
        except (jobs.ClaimLost, TikTokAccount.DoesNotExist):
            log.info("import_claim_lost")


def resume_imports(*, now: datetime | None = None) -> list[int]:
    """Send imports again whose message or worker was lost; return their primary keys."""
    return jobs.resume(Import.objects.filter(jobs.stalled(LEASE, now=now), state__in=Import.ACTIVE), now=now)


def _work(upload: Import) -> None:
    storing = upload.state == Import.State.STORING
    try:
        if upload.attempts > MAX_ATTEMPTS:
            _fail(upload, STORING_INTERRUPTED if storing else INTERRUPTED)
        elif storing:
            _store(upload)
        else:
            _read(upload)
    except (BadFile, NoConsent) as error:
        _fail(upload, str(error))
    except (OSError, SealBroken) as error:
        log.error("import_unreadable", error_type=type(error).__name__)
        _fail(upload, "The uploaded file could not be read again here. Please bring it once more.")


def _read(upload: Import) -> None:
    """Read the file into rows with what is to become of them: the dry run. What an earlier worker wrote goes first."""
    require(upload.account.user_id, Purpose.SERVICE)
    with transaction.atomic():
        jobs.heartbeat(upload)
        upload.rows.all().delete()
    file = io.BufferedReader(SealedFile(upload), buffer_size=1024 * 1024)
    facts, rows = read_file(file, now=upload.observed_at)
    matcher = Matcher(upload.account, upload.observed_at)
    comments: list[Comment] = []
    totals = dict.fromkeys(map(str, Outcome), 0)
    rounded: set[str] = set()
    for batch in _batches(rows, comments):
        with transaction.atomic():
            jobs.heartbeat(upload)
            read = matcher.decide([row for row in batch if isinstance(row, ImportedRow)])
            decisions = {each.row.number: each for each in read}
            rounded |= {each.id for each in decisions.values() if each.observed_at and each.row.counts.coarseness}
            for row in _planned(upload, decisions, batch):
                totals[row.outcome] += 1
    own = set(upload.rows.exclude(tiktok_id="").values_list("tiktok_id", flat=True))
    texts = [comment.text for comment in comments if comment.post_id in own]
    jobs.heartbeat(upload)
    themes = themes_of(texts)
    with transaction.atomic():
        upload.parts.all().delete()
        jobs.release(
            upload,
            state=Import.State.READY,
            origin=facts.origin,
            layout=facts.layout[:500],
            username=facts.username,
            followers=facts.followers,
            posts_rounded=len(rounded),
            comments=len(texts),
            themes=[asdict(theme) for theme in themes],
            attempts=0,
            **{f"rows_{outcome}": count for outcome, count in totals.items()},
        )
    log.info("import_read", **totals)


def _batches(
    rows: Iterator[ImportedRow | Skipped | Comment], comments: list[Comment]
) -> Iterator[tuple[ImportedRow | Skipped, ...]]:
    """Yield the rows in batches, and put the comments among them aside."""

    def without_comments() -> Iterator[ImportedRow | Skipped]:
        for row in rows:
            if isinstance(row, Comment):
                comments.append(row)
            else:
                yield row

    remaining = without_comments()
    while batch := tuple(islice(remaining, BATCH)):
        yield batch


def _planned(
    upload: Import, decided: Mapping[int, Decision], batch: tuple[ImportedRow | Skipped, ...]
) -> list[ImportRow]:
    """Store what is to become of each row, by the decisions about those that can be read, and return it."""
    planned = [
        ImportRow(import_job=upload, number=row.number, outcome=Outcome.SKIPPED, reason=row.reason[:300])
        if isinstance(row, Skipped)
        else _planned_row(upload, decided[row.number])
        for row in batch
    ]
    return ImportRow.objects.bulk_create(planned)


def _planned_row(upload: Import, decision: Decision) -> ImportRow:
    row = decision.row
    planned = ImportRow(
        import_job=upload,
        number=row.number,
        outcome=decision.outcome,
        reason=decision.reason,
        tiktok_id=row.id or decision.id,
        posted_at=row.posted_at,
        likes=row.counts.likes,
    )
    if decision.outcome in ImportRow.STORED:
        planned.seal_content(_to_json(row))
    return planned


def _store(upload: Import) -> None:
    """Store what the dry run showed, batch by batch; a batch and the place behind it are one transaction."""
    ends_at = timezone.now() + TURN
    while True:
        batch = list(
            upload.rows.filter(number__gt=upload.stored_until, outcome__in=ImportRow.STORED).order_by("number")[:BATCH]
        )
        if not batch:
            break
        if timezone.now() > ends_at:
            with transaction.atomic():
                jobs.release(upload, attempts=0)
                jobs.enqueue(upload)
            return
        with transaction.atomic():
            jobs.heartbeat(upload, stored_until=batch[-1].number, attempts=0)
            account = lock_account(upload.account_id)
            storing.store_rows(
                account,
                [_from_json(row.number, row.content()) for row in batch],
                origin=Origin(upload.origin),
                observed_at=upload.observed_at,
                now=timezone.now(),
            )
            upload.rows.filter(pk__in=[row.pk for row in batch]).update(sealed=b"")
            record(action=AccessEvent.Action.CHANGE, subjects=[account.user_id], what="posts, from a file")
    now = timezone.now()
    with transaction.atomic():
        jobs.heartbeat(upload)
        account = lock_account(upload.account_id)
        if account.platform == TikTokAccount.Platform.FILE:
            _take_profile(account, upload, now)
        jobs.release(upload, state=Import.State.DONE, finished_at=now)
    log.info("import_stored")


def _take_profile(account: TikTokAccount, upload: Import, now: datetime) -> None:
    """Store what the file tells of an account that nothing else tells of."""
    if upload.username and account.username != upload.username:
        account.username = upload.username
        account.save(update_fields=["username"])
    if upload.followers is not None and store_followers(account, {upload.observed_at: upload.followers}):
        record_change(account.pk, now)


def _fail(upload: Import, sentence: str) -> None:
    with transaction.atomic():
        _end(upload, Import.State.FAILED, sentence)
    log.warning("import_failed", reason=sentence)


def _end(upload: Import, state: Import.State, sentence: str = "") -> None:
    """End the import and forget its file and rows; the caller is in a transaction. Raise ClaimLost."""
    jobs.release(upload, state=state, finished_at=timezone.now(), error=sentence[:1000], themes=[], comments=0)
    upload.parts.all().delete()
    upload.rows.all().delete()


def _to_json(row: ImportedRow) -> dict[str, object]:
    content = asdict(row)
    for name in ("posted_at", "observed_at"):
        content[name] = content[name] and content[name].isoformat()
    return content


def _from_json(number: int, content: dict[str, Any]) -> ImportedRow:
    for name in ("posted_at", "observed_at"):
        content[name] = content[name] and datetime.fromisoformat(content[name])
    return ImportedRow(**{**content, "counts": FetchedCounts(**content["counts"]), "number": number})
