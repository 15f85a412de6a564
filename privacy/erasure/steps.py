"""The steps of an erasure, in their order. Each can be repeated, and keeps the worker's claim with heartbeats."""

import json
from collections.abc import Callable, Iterable
from dataclasses import asdict
from datetime import timedelta
from graphlib import TopologicalSorter
from typing import Any

import structlog
from django.apps import apps
from django.contrib.auth import get_user_model
from django.db import models, transaction
from django.utils import timezone

from config import jobs
from config.rate_limits.remembered import end_what_is_remembered
from privacy import sealing
from privacy.consent.services import withdraw
from privacy.declarations.kinds import Subject, Table
from privacy.declarations.registry import subject_of, tables
from privacy.erasure import hooks, ledger
from privacy.erasure.search import messages, places, traces
from privacy.erasure.search.traces import Traces
from privacy.erasure.services import request_erasure
from privacy.models import Erasure, Through
from privacy.models.erasures import place_of_identifiers
from privacy.models.parts import delete_unreferenced
from privacy.purposes import Purpose

log = structlog.get_logger(__name__)

TIKTOK_PATIENCE = timedelta(days=1)
"""Time in which TikTok is asked to end its access; after it the rest is erased, and the receipt says so."""
BATCH = 2_000


class Waiting(Exception):
    """A step has to be tried again later."""


def _collect(erasure: Erasure) -> None:
    """Store, sealed, what identifies the subject: later steps delete it, and the verifier looks for it."""
    assert erasure.user_id is not None
    if erasure.whole:
        erasure.account_ids = list(subject_of(erasure.user_id).account_ids)
    subject, key = _subject(erasure), ledger.key()
    identifiers = traces.values_in(subject, erased_tables(), lambda table: table.identifying)
    sought = json.dumps(asdict(traces.traces_of(subject, erased_tables())))
    jobs.heartbeat(
        erasure,
        account_ids=erasure.account_ids,
        sealed_identifiers=sealing.seal(sought, place=place_of_identifiers(erasure)),
        pseudonyms=sorted(ledger.pseudonym(key, each) for each in identifiers),
    )


def _write_ledger(erasure: Erasure) -> None:
    """Write to the ledger before anything is deleted: from here on a restored backup does not bring the person back."""
    ledger.append(erasure.public_id, erasure.pseudonyms)


def _stop(erasure: Erasure) -> None:
    """Let nothing new begin, drop waiting messages; running tasks end at their next look at consent."""
    subject = _subject(erasure)
    if subject.whole:
        get_user_model()._default_manager.filter(pk=subject.user_id).update(is_active=False)
        end_what_is_remembered(subject.user_id)
        for purpose in Purpose:
            withdraw(user_id=subject.user_id, purpose=purpose, through=Through.TASK)
    for hook in hooks.STOP:
        hook(subject)
    messages.take_out(_traces(erasure).numbers)


def _revoke(erasure: Erasure) -> None:
    """End access elsewhere. Raise Waiting while TikTok does not answer and its time is not up."""
    outcomes = {outcome for hook in hooks.REVOKE for outcome in hook(_subject(erasure))}
    # the gate is shut during a replay, and the original erasure told TikTok already
    patience = timedelta() if erasure.reason == Erasure.Reason.REPLAY else TIKTOK_PATIENCE
    if hooks.Revoked.LATER in outcomes and timezone.now() < erasure.due_at + patience:
        raise Waiting("TikTok did not confirm that its access is ended")
    jobs.heartbeat(erasure, told_tiktok=outcomes <= {hooks.Revoked.YES})


def _forget(erasure: Erasure) -> None:
    """Remove the subject from what was learned across people."""
    for hook in hooks.FORGET:
        hook(_subject(erasure))


def _delete_rows(erasure: Erasure) -> None:
    """Delete children first, in batches; then the rest, with the person's own rows, in one transaction."""
    subject = _subject(erasure)
    for table in erased_tables():
        if not _is_own(table):
            for pks in _batches(table.rows_of(subject)):
                with transaction.atomic():
                    _delete(erasure, table, table.rows_of(subject).filter(pk__in=pks))
    with transaction.atomic():
        for hook in hooks.LAST:
            hook(subject)
        for table in erased_tables():
            # rows that were written meanwhile among them: a row's deletion takes along the rows that refer to it
            _delete(erasure, table, table.rows_of(subject))


def _delete_keys(erasure: Erasure) -> None:
    """Delete Redis keys, objects in the bucket, and messages that were sent while the rows were still there."""
    for client in places.redis_clients():
        for _, key in traces.keys_of(client, _subject(erasure)):
            client.delete(key)
    delete_unreferenced()
    messages.take_out(_traces(erasure).numbers)


def _verify(erasure: Erasure) -> None:
    """Search everywhere for the subject's traces. Raise Waiting, after an alarm, where one is left.

    Rows that cannot be deleted, and names that others may share, are noted in the receipt and hold nothing up.
    """
    sought = _traces(erasure)
    left = _left(_subject(erasure), sought)
    names = places.search_database((), sought.names)
    jobs.heartbeat(erasure, left=sorted({*left, *names, *sought.lost}), verified_at=timezone.now())
    if erasure.left:
        log.error("erasure_incomplete", left=erasure.left)
    permanent = {apps.get_model(table.model)._meta.db_table for table in tables() if table.append_only}
    if any(place.split(".")[0] not in permanent for place in left):
        # the next attempt deletes rows that were written meanwhile
        jobs.heartbeat(erasure, steps_done=ONCE)
        raise Waiting("something is left")


def _left(subject: Subject, sought: Traces) -> list[str]:
    """Return the places where something of the subject is left."""
    left = [f"{table.model}: rows" for table in erased_tables() if table.rows_of(subject).exists()]
    for client in places.redis_clients():
        left += {f"Redis: {keys.prefix}" for keys, _ in traces.keys_of(client, subject)}
    left += [f"queue: {task}" for task in messages.tasks_with(sought.numbers)]
    left += places.search_database(sought.inside, sought.whole)
    left += places.search_redis(sought.inside, sought.whole)
    return left + [place for search in hooks.VERIFY for place in search(sought.inside)]


def _write_receipt(erasure: Erasure) -> None:
    """Empty the row of the person."""
    with transaction.atomic():
        if not erasure.whole:
            _erase_person_without_accounts(erasure)
        jobs.release(
            erasure,
            user_id=None,
            account_ids=[],
            sealed_identifiers=b"",
            state=Erasure.State.DONE,
            finished_at=timezone.now(),
        )


def _erase_person_without_accounts(erasure: Erasure) -> None:
    """Erase the person too if no account is left: two may have been erased at once, each while the other remained."""
    subject = _subject(erasure)
    people = get_user_model()._default_manager.filter(pk=subject.user_id, is_staff=False)
    if people.exists() and not subject_of(subject.user_id).account_ids:
        request_erasure(
            user_id=subject.user_id,
            reason=Erasure.Reason(erasure.reason),
            through=Through(erasure.through),
            grace=None,
        )


STEPS: dict[str, Callable[[Erasure], None]] = {
    "collect": _collect,
    "ledger": _write_ledger,
    "stop": _stop,
    "revoke": _revoke,
    "forget": _forget,
    "rows": _delete_rows,
    "keys": _delete_keys,
    "verify": _verify,
    "receipt": _write_receipt,
}
ONCE = ["collect", "ledger"]
"""Steps that are not repeated where something was left: there is nothing to collect any more."""


def erased_tables() -> list[Table]:
    """Return the tables that erasure empties, each before those that it refers to."""
    erased = {table.model: table for table in tables() if table.concerns_people and table.erased == "deleted"}
    graph: dict[str, set[str]] = {label: set() for label in erased}
    for label in erased:
        for column in apps.get_model(label)._meta.concrete_fields:
            parent = str(column.related_model._meta.label) if column.related_model else ""
            if parent in erased and parent != label:
                graph[parent].add(label)
    return [erased[label] for label in TopologicalSorter(graph).static_order()]


def _delete(erasure: Erasure, table: Table, rows: "models.QuerySet[models.Model]") -> None:
    """Delete and count in one transaction, so that a repetition counts nothing twice."""
    deleted = rows.count()
    if deleted:
        rows.delete()
        counted = erasure.counts.get(table.category, 0) + deleted
        jobs.heartbeat(erasure, counts={**erasure.counts, table.category: counted})


def _batches(rows: "models.QuerySet[models.Model]") -> Iterable[list[Any]]:
    while pks := list(rows.order_by("pk").values_list("pk", flat=True)[:BATCH]):
        yield pks


def _is_own(table: Table) -> bool:
    """Return whether its rows are the person or the account, or refer to them directly: few, deleted together last."""
    return table.account == "pk" or table.account is None


def _traces(erasure: Erasure) -> Traces:
    try:
        sealed = bytes(erasure.sealed_identifiers)
        return Traces(**json.loads(sealing.unseal(sealed, place=place_of_identifiers(erasure))))
    except sealing.SealBroken:
        # restored from a backup whose key is gone: rows and keys can be looked for all the same
        return Traces(lost=["texts, for what was sought is sealed with a lost key"])


def _subject(erasure: Erasure) -> Subject:
    assert erasure.user_id is not None
    return Subject(erasure.user_id, tuple(erasure.account_ids), whole=erasure.whole)
