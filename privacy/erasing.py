"""Erasure: of a person with everything, or of one TikTok account, in steps that can each be done twice.

A worker may be killed at any point: a finished step is noted after its last transaction, and a sweep by beat goes on
with the first that is not noted. What the steps do is known by the apps: they declare their tables, Redis keys
and messages (`data_map.py`) and register what else is to be done (`on_stop`, `on_revoke`, `on_forget`, `on_last`,
`on_verify`).
"""

import json
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from graphlib import TopologicalSorter
from typing import Any

import redis
import structlog
from django.apps import apps
from django.contrib.auth import get_user_model
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone

from config import jobs
from privacy import consent, ledger, messages, sealing, trail
from privacy.declarations import RedisKeys, Subject, Table, declared, subject_of, tables
from privacy.finding import found_in_database, found_in_redis, redis_client
from privacy.models import AccessEvent, Erasure, Through
from privacy.purposes import Purpose
from privacy.returning import spare_who_came_back

log = structlog.get_logger(__name__)

GRACE = timedelta(days=14)
"""In which a person may change their mind; they can skip it."""
LEASE = timedelta(minutes=5)
"""Longer than any one step goes without a heartbeat."""
TIKTOK_PATIENCE = timedelta(days=1)
"""For so long TikTok is asked to end its access; then the rest is erased all the same, and the receipt says so."""
BATCH = 2_000

Hook = Callable[[Subject], None]
Look = Callable[[Collection[str]], list[str]]


class Told(StrEnum):
    """Whether somebody elsewhere knows that the service's access is ended."""

    YES = "yes"
    LATER = "later"
    """Did not answer."""
    NEVER = "never"
    """There is nothing left to tell it with."""


Revoke = Callable[[Subject], Collection[Told]]
_STOP: list[Hook] = []
_REVOKE: list[Revoke] = []
_FORGET: list[Hook] = []
_LAST: list[Hook] = []
_VERIFY: list[Look] = []


def on_stop(hook: Hook) -> Hook:
    """Register what stops work for a subject and lets nobody in any more."""
    _STOP.append(hook)
    return hook


def on_revoke(hook: Revoke) -> Revoke:
    """Register what ends access elsewhere; what became of it, for each access."""
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


def on_verify(look: Look) -> Look:
    """Register what looks, given the unmistakable texts, where only its app can; it says where something is left."""
    _VERIFY.append(look)
    return look


class Waiting(Exception):
    """A step has to be tried again later."""


class StaffStay(Exception):
    """Staff are not erased: what they did stands under their names. The message tells what to do."""

    def __init__(self) -> None:
        super().__init__(
            "Staff cannot be erased while they are staff: have a superuser take the staff status away first."
        )


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
    """Have a person erased, or one account of theirs; what is under way already, if it covers that, with its wait cut.

    An account that is the person's only one takes the person along. With `grace` None it begins at once. Raises
    StaffStay.
    """
    # two at once would otherwise both find none
    people = get_user_model()._default_manager.select_for_update(no_key=True).filter(pk=user_id)
    is_staff = any(people.values_list("is_staff", flat=True))
    account_ids = subject_of(user_id).account_ids
    whole = account_id is None or (account_ids == (account_id,) and not is_staff)
    if whole and is_staff and reason != Erasure.Reason.REPLAY:
        raise StaffStay
    due_at = timezone.now() + (grace or timedelta())
    erasure = _under_way(user_id).filter(_covering(whole, account_id)).first()
    if erasure is None:
        erasure = Erasure.objects.create(
            user_id=user_id,
            account_ids=list(account_ids) if whole else [account_id],
            whole=whole,
            reason=reason,
            through=through,
            due_at=due_at,
        )
        trail.record(action=AccessEvent.Action.ERASE, subjects=[user_id], what="erasure asked for", why=why)
    elif due_at < erasure.due_at or reason == Erasure.Reason.REPLAY:
        erasure.due_at, erasure.reason, erasure.through = min(due_at, erasure.due_at), reason, through
        erasure.save(update_fields=["due_at", "reason", "through"])
    if erasure.due_at <= timezone.now():
        jobs.enqueue(erasure)
    return erasure


def _covering(whole: bool, account_id: int | None) -> Q:
    """Erasures that make another one needless. One that waits for days does not, where only an account is to go now."""
    if whole:
        return Q(whole=True)
    return Q(whole=True, state=Erasure.State.RUNNING) | Q(whole=False, account_ids=[account_id])


def _under_way(user_id: int) -> "models.QuerySet[Erasure]":
    return Erasure.objects.filter(user_id=user_id, state__in=[Erasure.State.WAITING, Erasure.State.RUNNING])


@transaction.atomic
def cancel_erasure(*, user_id: int) -> bool:
    """The person changed their mind before it began; whether there was anything to cancel.

    What was not asked for by them (TikTok, the staff, retention) is not theirs to cancel.
    """
    own = _under_way(user_id).filter(state=Erasure.State.WAITING, reason=Erasure.Reason.PERSON)
    cancelled = own.update(state=Erasure.State.CANCELLED, finished_at=timezone.now(), user_id=None, account_ids=[])
    if cancelled:
        trail.record(action=AccessEvent.Action.CHANGE, subjects=[user_id], what="erasure cancelled")
    return bool(cancelled)


def erasure_of(user_id: int) -> Erasure | None:
    """The person's erasure that waits or runs."""
    return _under_way(user_id).filter(whole=True).first()


def resume_due(*, now: datetime | None = None) -> list[int]:
    """Send the erasures whose time has come, and those whose worker or message was lost; their primary keys."""
    now = now or timezone.now()
    return jobs.resume(_due(now).filter(jobs.stalled(LEASE, now=now)), now=now)


def _due(now: datetime) -> "models.QuerySet[Erasure]":
    """Erasures that may run: begun, or waited for long enough."""
    return Erasure.objects.filter(Q(state=Erasure.State.RUNNING) | Q(state=Erasure.State.WAITING, due_at__lte=now))


# --- doing ------------------------------------------------------------------------------------------------------------


def run(*, erasure_pk: int, now: datetime | None = None) -> bool:
    """Take the erasure on from where it stands, unless another worker does; whether it is done now."""
    now = now or timezone.now()
    with transaction.atomic():
        user_id = Erasure.objects.filter(pk=erasure_pk).values_list("user_id", flat=True).first()
        if user_id is not None:
            spare_who_came_back(user_id=user_id)
        erasure = jobs.claim(_due(now), erasure_pk, lease=LEASE, now=now, state=Erasure.State.RUNNING)
    if erasure is None:
        return False
    with structlog.contextvars.bound_contextvars(erasure=erasure.public_id):
        try:
            return _take_steps(erasure)
        except jobs.ClaimLost:
            log.warning("erasure_claim_lost")
            return False


def _take_steps(erasure: Erasure) -> bool:
    try:
        for name, step in STEPS.items():
            if name not in erasure.steps_done:
                step(erasure)
                _note(erasure, name)
    except Waiting as why:
        log.warning("erasure_waits", reason=str(why))
        jobs.release(erasure)
        return False
    log.info("erasure_done")
    return True


def _collect(erasure: Erasure) -> None:
    """Remember, sealed, what must not be found any more afterwards: later steps take it away."""
    assert erasure.user_id is not None
    if erasure.whole:
        erasure.account_ids = list(subject_of(erasure.user_id).account_ids)
    subject, key = _subject(erasure), ledger.key()
    sought = json.dumps(asdict(_sought_of(subject)))
    identifiers = _values(subject, lambda table: table.identifying)
    jobs.heartbeat(
        erasure,
        account_ids=erasure.account_ids,
        sealed_identifiers=sealing.seal(sought, place=place_of(erasure)),
        pseudonyms=sorted(ledger.pseudonym(key, each) for each in identifiers),
    )


def _write_down(erasure: Erasure) -> None:
    """Before anything is taken away: from here on not even a restored backup brings the person back."""
    ledger.append(erasure.public_id, erasure.pseudonyms)


def _stop(erasure: Erasure) -> None:
    """Nothing new begins, what waits is dropped, and what runs ends at its next look at consent."""
    subject = _subject(erasure)
    if subject.whole:
        get_user_model()._default_manager.filter(pk=subject.user_id).update(is_active=False)
        for purpose in Purpose:
            consent.withdraw(user_id=subject.user_id, purpose=purpose, through=Through.TASK)
    for hook in _STOP:
        hook(subject)
    messages.take_out(_sought(erasure).numbers)


def _revoke(erasure: Erasure) -> None:
    told = {answer for hook in _REVOKE for answer in hook(_subject(erasure))}
    # nobody is let in before a replay is through: it does not wait, and TikTok was told when this was done before
    patience = timedelta() if erasure.reason == Erasure.Reason.REPLAY else TIKTOK_PATIENCE
    if Told.LATER in told and timezone.now() < erasure.due_at + patience:
        raise Waiting("TikTok did not confirm that its access is ended")
    jobs.heartbeat(erasure, told_tiktok=told <= {Told.YES})


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
    with redis_client() as client:
        for _, key in _keys_of(client, _subject(erasure)):
            client.delete(key)
    # those that were sent while the rows were still there
    messages.take_out(_sought(erasure).numbers)


def _verify(erasure: Erasure) -> None:
    """Look everywhere for what must be gone; raises Waiting, after an alarm, where something is left.

    What nobody can take out, and names that others may bear as well, are told in the receipt and hold nothing up.
    """
    sought = _sought(erasure)
    left = _left(_subject(erasure), sought)
    told = [each for each in left if each.split(".")[0] in _append_only()]
    names = found_in_database((), sought.names)
    jobs.heartbeat(erasure, left=sorted({*left, *names, *sought.lost}), verified_at=timezone.now())
    if erasure.left:
        log.error("erasure_incomplete", left=erasure.left)
    if len(told) < len(left):
        # rows that came in late are deleted by the next attempt
        jobs.heartbeat(erasure, steps_done=ONCE)
        raise Waiting("something is left")


def _left(subject: Subject, sought: "_Sought") -> list[str]:
    """Where something of the subject still is."""
    left = [f"{table.model}: rows" for table in _children_first() if table.rows_of(subject).exists()]
    with redis_client() as client:
        left += {f"Redis: {keys.prefix}" for keys, _ in _keys_of(client, subject)}
    left += [f"queue: {task}" for task in messages.tasks_with(sought.numbers)]
    left += found_in_database(sought.inside, sought.whole)
    left += found_in_redis(sought.inside, sought.whole)
    return left + [place for look in _VERIFY for place in look(sought.inside)]


def _write_receipt(erasure: Erasure) -> None:
    with transaction.atomic():
        if not erasure.whole:
            _take_person_along(erasure)
        jobs.release(
            erasure,
            user_id=None,
            account_ids=[],
            sealed_identifiers=b"",
            state=Erasure.State.DONE,
            finished_at=timezone.now(),
        )


def _take_person_along(erasure: Erasure) -> None:
    """Of whom no account is left: two of them may have gone at once, each while the other was still there."""
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
    "ledger": _write_down,
    "stop": _stop,
    "revoke": _revoke,
    "forget": _forget,
    "rows": _delete_rows,
    "keys": _delete_keys,
    "verify": _verify,
    "receipt": _write_receipt,
}
ONCE = ["collect", "ledger"]
"""What is not done again where something was left: there is nothing to collect any more."""


def _note(erasure: Erasure, name: str) -> None:
    jobs.heartbeat(erasure, steps_done=[*erasure.steps_done, name], attempts=0)


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
    """Whether its rows are the person or the account, or hang on those directly: few, and gone together at the end."""
    return table.account == "pk" or table.account is None


def _children_first() -> list[Table]:
    """The tables that erasure empties, each before those that it refers to."""
    erased = {table.model: table for table in tables() if _concerns_people(table) and table.erased == "deleted"}
    graph: dict[str, set[str]] = {label: set() for label in erased}
    for label in erased:
        for column in apps.get_model(label)._meta.concrete_fields:
            parent = _label(column.related_model)
            if parent in erased and parent != label:
                graph[parent].add(label)
    return [erased[label] for label in TopologicalSorter(graph).static_order()]


def _concerns_people(table: Table) -> bool:
    return table.person is not None or table.found_by is not None


def _label(model: Any) -> str:
    return str(model._meta.label) if model else ""


@dataclass(frozen=True, slots=True)
class _Sought:
    """What must not be found any more."""

    inside: list[str] = field(default_factory=list)
    """Texts that nobody guesses: not inside of any other either."""
    whole: list[str] = field(default_factory=list)
    """The same where they are many: not as whole values."""
    names: list[str] = field(default_factory=list)
    """Words that others may use too."""
    numbers: dict[str, list[int]] = field(default_factory=dict)
    """Of rows, that messages to tasks hold."""
    lost: list[str] = field(default_factory=list)
    """Why it cannot be told."""


def _sought_of(subject: Subject) -> _Sought:
    inside = _values(subject, lambda table: table.sought_inside)
    return _Sought(
        inside=sorted(inside),
        whole=sorted(_values(subject, lambda table: table.sought_whole)),
        names=sorted(_values(subject, lambda table: table.identifying) - inside),
        numbers=messages.numbers_of(subject),
    )


def _values(subject: Subject, columns_of: Callable[[Table], tuple[str, ...]]) -> set[str]:
    return {
        text
        for table in _children_first()
        if columns_of(table)
        for row in table.rows_of(subject).values_list(*columns_of(table))
        for text in row
        if text
    }


def _sought(erasure: Erasure) -> _Sought:
    try:
        return _Sought(**json.loads(sealing.unseal(bytes(erasure.sealed_identifiers), place=place_of(erasure))))
    except sealing.SealBroken:
        # it ran when the backup was made, and the key is gone since: rows and keys can be looked for all the same
        return _Sought(lost=["texts, for what was sought is sealed with a lost key"])


def _keys_of(client: redis.Redis, subject: Subject) -> Iterator[tuple[RedisKeys, Any]]:
    for keys in declared():
        if isinstance(keys, RedisKeys) and keys.keys_of is not None:
            for pattern in keys.keys_of(subject):
                for key in client.scan_iter(pattern, count=1_000):
                    yield keys, key


def _append_only() -> set[str]:
    return {apps.get_model(table.model)._meta.db_table for table in tables() if table.append_only}


def _subject(erasure: Erasure) -> Subject:
    assert erasure.user_id is not None
    return Subject(erasure.user_id, tuple(erasure.account_ids), whole=erasure.whole)


def place_of(erasure: Erasure) -> str:
    """What its sealed identifiers are bound to."""
    return f"privacy.erasure:{erasure.pk}:identifiers"
