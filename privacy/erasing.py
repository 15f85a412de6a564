"""Erasure: of a person with everything, or of one TikTok account, in steps that can each be done twice.

A worker may be killed at any point: a finished step is noted after its last transaction, and a sweep by beat goes on
with the first that is not noted. What the steps do is known by the apps: they declare their tables and Redis keys
(`data_map.py`) and register what else has to be done (`on_stop`, `on_revoke`, `on_forget`, `on_last`).
"""

import json
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from graphlib import TopologicalSorter
from typing import Any

import structlog
from django.apps import apps
from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import models, transaction
from django.db.models import F, Q
from django.utils import timezone

from privacy import consent, ledger, sealing, trail
from privacy.declarations import RedisKeys, Subject, Table, declared, subject_of, tables
from privacy.finding import found_in_database, found_in_redis, redis_client
from privacy.models import AccessEvent, Erasure, Through
from privacy.purposes import Purpose
from privacy.returning import spare_who_came_back

log = structlog.get_logger(__name__)

GRACE = timedelta(days=14)
"""In which a person may change their mind; they can skip it."""
STALLED_AFTER = timedelta(minutes=5)
"""Without a heartbeat for this long the worker counts as dead."""
TIKTOK_PATIENCE = timedelta(days=1)
"""For so long TikTok is asked to end its access; then the rest is erased all the same, and the receipt says so."""
BATCH = 2_000

Hook = Callable[[Subject], None]
Revoke = Callable[[Subject], bool]
_STOP: list[Hook] = []
_REVOKE: list[Revoke] = []
_FORGET: list[Hook] = []
_LAST: list[Hook] = []


def on_stop(hook: Hook) -> Hook:
    """Register what stops work for a subject and lets nobody in any more."""
    _STOP.append(hook)
    return hook


def on_revoke(hook: Revoke) -> Revoke:
    """Register what ends access elsewhere; False where that has to be tried again."""
    _REVOKE.append(hook)
    return hook


def on_forget(hook: Hook) -> Hook:
    """Register what takes a subject out of what was learned across people."""
    _FORGET.append(hook)
    return hook


def on_last(hook: Hook) -> Hook:
    """Register what has to go in one transaction with the subject's own rows."""
    _LAST.append(hook)
    return hook


class Waiting(Exception):
    """A step has to be tried again later."""


# --- asking -----------------------------------------------------------------------------------------------------------


@transaction.atomic
def request_erasure(
    *,
    user_id: int,
    reason: Erasure.Reason,
    through: Through,
    grace: timedelta | None = GRACE,
    account_id: int | None = None,
    why: str = "",
) -> Erasure:
    """Have a person erased, or one account of theirs; their erasure under way, if there is one, with its wait cut.

    An account that is the person's only one takes the person along. With `grace` None it begins at once.
    """
    # two at once would otherwise both find none
    list(get_user_model()._default_manager.select_for_update(no_key=True).filter(pk=user_id).values_list("pk"))
    everything = subject_of(user_id)
    whole = account_id is None or everything.account_ids == (account_id,)
    due_at = timezone.now() + (grace or timedelta())
    erasure = Erasure.objects.filter(
        user_id=user_id, state__in=[Erasure.State.WAITING, Erasure.State.RUNNING], whole=True
    ).first()
    if erasure is None:
        account_ids = everything.account_ids if whole or account_id is None else (account_id,)
        erasure = Erasure.objects.create(
            user_id=user_id, account_ids=list(account_ids), whole=whole, reason=reason, through=through, due_at=due_at
        )
        trail.record(action=AccessEvent.Action.ERASE, subjects=[user_id], what="erasure asked for", why=why)
    elif due_at < erasure.due_at:
        erasure.due_at = due_at
        erasure.save(update_fields=["due_at"])
    if erasure.due_at <= timezone.now():
        _send_on_commit(erasure.pk)
    return erasure


@transaction.atomic
def cancel_erasure(*, user_id: int) -> bool:
    """The person changed their mind before it began; whether there was anything to cancel."""
    cancelled = Erasure.objects.filter(user_id=user_id, state=Erasure.State.WAITING).update(
        state=Erasure.State.CANCELLED, finished_at=timezone.now(), user_id=None, account_ids=[]
    )
    if cancelled:
        trail.record(action=AccessEvent.Action.CHANGE, subjects=[user_id], what="erasure cancelled")
    return bool(cancelled)


def erasure_of(user_id: int) -> Erasure | None:
    """The person's erasure that waits or runs."""
    return Erasure.objects.filter(
        user_id=user_id, state__in=[Erasure.State.WAITING, Erasure.State.RUNNING], whole=True
    ).first()


def resume_due(*, now: datetime | None = None) -> list[int]:
    """Send the erasures whose time has come, and those whose worker or message was lost; their primary keys."""
    now = now or timezone.now()
    stalled = Q(state=Erasure.State.RUNNING) & (Q(heartbeat_at=None) | Q(heartbeat_at__lt=now - STALLED_AFTER))
    due = Q(state=Erasure.State.WAITING, due_at__lte=now)
    ids = list(Erasure.objects.filter(due | stalled).order_by("pk").values_list("pk", flat=True))
    for erasure_pk in ids:
        _send(erasure_pk)
    return ids


# --- doing ------------------------------------------------------------------------------------------------------------


def run(*, erasure_pk: int, now: datetime | None = None) -> bool:
    """Take the erasure on from where it stands, unless another worker does; whether it is done now."""
    now = now or timezone.now()
    free = Q(state=Erasure.State.WAITING, due_at__lte=now) | Q(state=Erasure.State.RUNNING) & (
        Q(heartbeat_at=None) | Q(heartbeat_at__lt=now - STALLED_AFTER)
    )
    with transaction.atomic():
        user_id = Erasure.objects.filter(pk=erasure_pk).values_list("user_id", flat=True).first()
        if user_id is not None:
            spare_who_came_back(user_id=user_id)
        claimed = Erasure.objects.filter(free, pk=erasure_pk).update(
            state=Erasure.State.RUNNING, heartbeat_at=now, attempts=F("attempts") + 1
        )
    if not claimed:
        return False
    erasure = Erasure.objects.get(pk=erasure_pk)
    with structlog.contextvars.bound_contextvars(erasure=erasure.public_id):
        try:
            for name, step in STEPS.items():
                if name not in erasure.steps_done:
                    step(erasure)
                    _note(erasure, name)
        except Waiting as why:
            log.warning("erasure_waits", reason=str(why))
            return False
    log.info("erasure_done")
    return True


def _collect(erasure: Erasure) -> None:
    """Remember, sealed, what must not be found any more afterwards: later steps take it away."""
    assert erasure.user_id is not None
    if erasure.whole:
        erasure.account_ids = list(subject_of(erasure.user_id).account_ids)
    identifiers = sorted(_identifiers(_subject(erasure)))
    erasure.sealed_identifiers = sealing.seal(json.dumps(identifiers), place=_place(erasure))
    erasure.save(update_fields=["sealed_identifiers", "account_ids"])


def _stop(erasure: Erasure) -> None:
    """Nothing new begins, and what runs ends at its next look at consent."""
    subject = _subject(erasure)
    if subject.whole:
        get_user_model()._default_manager.filter(pk=subject.user_id).update(is_active=False)
        for purpose in Purpose:
            consent.withdraw(user_id=subject.user_id, purpose=purpose, through=Through.TASK)
    for hook in _STOP:
        hook(subject)


def _revoke(erasure: Erasure) -> None:
    told = all(hook(_subject(erasure)) for hook in _REVOKE)
    if not told and timezone.now() < erasure.due_at + TIKTOK_PATIENCE:
        raise Waiting("TikTok did not confirm that its access is ended")
    erasure.told_tiktok = told
    erasure.save(update_fields=["told_tiktok"])


def _forget(erasure: Erasure) -> None:
    for hook in _FORGET:
        hook(_subject(erasure))


def _delete_rows(erasure: Erasure) -> None:
    """Children first, in batches; then what is left, the person's own rows among it, in one transaction."""
    subject = _subject(erasure)
    for table in _children_first():
        if not _is_own(table):
            for pks in _batches(table.rows_of(subject)):
                with transaction.atomic():
                    _delete(erasure, table, table.rows_of(subject).filter(pk__in=pks))
    with transaction.atomic():
        for hook in _LAST:
            hook(subject)
        for table in _children_first():
            # rows that came in late among them: what is deleted here takes along whatever refers to it
            _delete(erasure, table, table.rows_of(subject))


def _delete_keys(erasure: Erasure) -> None:
    subject = _subject(erasure)
    with redis_client() as client:
        for keys in (each for each in declared() if isinstance(each, RedisKeys) and each.keys_of):
            assert keys.keys_of is not None
            for pattern in keys.keys_of(subject):
                for key in client.scan_iter(pattern, count=1_000):
                    client.delete(key)


def _verify(erasure: Erasure) -> None:
    """Look everywhere for what must be gone; raises Waiting, after an alarm, where something is left."""
    subject = _subject(erasure)
    identifiers = json.loads(sealing.unseal(bytes(erasure.sealed_identifiers), place=_place(erasure)))
    left = [f"{table.model}: rows" for table in _children_first() if table.rows_of(subject).exists()]
    left += found_in_database(identifiers, except_tables=("privacy_erasure",))
    left += found_in_redis(identifiers)
    erasure.left, erasure.verified_at = left, timezone.now()
    erasure.save(update_fields=["left", "verified_at"])
    if left:
        log.error("erasure_incomplete", left=left)
        # rows that came in late are deleted by the next attempt
        Erasure.objects.filter(pk=erasure.pk).update(steps_done=["collect"])
        raise Waiting("something is left")


def _write_receipt(erasure: Erasure) -> None:
    """The ledger first: should it be written twice, replaying it twice does no harm; should it not be, it would."""
    if settings.ERASURE_LEDGER_PATH and erasure.reason != Erasure.Reason.REPLAY:
        identifiers = json.loads(sealing.unseal(bytes(erasure.sealed_identifiers), place=_place(erasure)))
        ledger.append(erasure.public_id, identifiers)
    erasure.user_id, erasure.account_ids, erasure.sealed_identifiers = None, [], b""
    erasure.state, erasure.finished_at = Erasure.State.DONE, timezone.now()
    erasure.save()


STEPS: dict[str, Callable[[Erasure], None]] = {
    "collect": _collect,
    "stop": _stop,
    "revoke": _revoke,
    "forget": _forget,
    "rows": _delete_rows,
    "keys": _delete_keys,
    "verify": _verify,
    "receipt": _write_receipt,
}


def _note(erasure: Erasure, name: str) -> None:
    erasure.steps_done = [*erasure.steps_done, name]
    erasure.heartbeat_at = timezone.now()
    erasure.save(update_fields=["steps_done", "heartbeat_at"])


def _delete(erasure: Erasure, table: Table, rows: "models.QuerySet[models.Model]") -> None:
    """Delete and count in one transaction, so that a repetition counts nothing twice."""
    deleted = rows.count()
    if deleted:
        rows.delete()
        erasure.counts[table.category] = erasure.counts.get(table.category, 0) + deleted
        erasure.heartbeat_at = timezone.now()
        erasure.save(update_fields=["counts", "heartbeat_at"])


def _batches(rows: "models.QuerySet[models.Model]") -> Iterable[list[Any]]:
    while pks := list(rows.order_by("pk").values_list("pk", flat=True)[:BATCH]):
        yield pks


def _is_own(table: Table) -> bool:
    """Whether its rows are the person or the account, or hang on those directly: few, and gone together at the end."""
    return table.account == "pk" or table.account is None


def _children_first() -> list[Table]:
    """The tables that erasure empties, each before those that it refers to."""
    erased = {table.model: table for table in tables() if table.person is not None and table.erased == "deleted"}
    graph: dict[str, set[str]] = {label: set() for label in erased}
    for label in erased:
        for column in apps.get_model(label)._meta.concrete_fields:
            parent = _label(column.related_model)
            if parent in erased and parent != label:
                graph[parent].add(label)
    return [erased[label] for label in TopologicalSorter(graph).static_order()]


def _label(model: Any) -> str:
    return str(model._meta.label) if model else ""


def _identifiers(subject: Subject) -> set[str]:
    """Texts by which the subject could be told."""
    return {
        text
        for table in _children_first()
        if table.identifying
        for row in table.rows_of(subject).values_list(*table.identifying)
        for text in row
        if text
    }


def _subject(erasure: Erasure) -> Subject:
    assert erasure.user_id is not None
    return Subject(erasure.user_id, tuple(erasure.account_ids), whole=erasure.whole)


def _place(erasure: Erasure) -> str:
    return f"privacy.erasure:{erasure.pk}:identifiers"


def _send_on_commit(erasure_pk: int) -> None:
    transaction.on_commit(lambda: _send(erasure_pk), robust=True)


def _send(erasure_pk: int) -> None:
    from privacy.tasks import run_erasure

    run_erasure.delay(erasure_pk)
