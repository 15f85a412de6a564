"""The access trail: who read or changed whose data, when, through what and why.

`record` writes events in the caller's transaction, so that a change and its event are committed together or not at all.
Who acts is known from where the code runs: a request (`privacy.middleware`), a task, or else a command. The database
chains the events, one writer at a time until its commit: record late in a transaction.

A person stands in the trail by a hash under a key of their own (`SubjectKey`). With the key gone, nobody can tell whose
events they were, and the chain still holds.
"""

import getpass
import hashlib
import re
import secrets
import sys
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import structlog
from celery.signals import task_postrun, task_prerun
from django.conf import settings
from django.core.cache import cache
from django.db import connection, transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from privacy.blanking import blank_identities
from privacy.models import AccessEvent, SubjectKey, Through

log = structlog.get_logger(__name__)

KEY_BYTES = 32
START = "0" * 64
"""What stands before the first event."""
LATE_AFTER = timedelta(hours=3)
"""What was written since the last anchor can be cut off unseen: it must not grow."""
_ANCHORED = "trail-anchored"

_INSERT = """
INSERT INTO privacy_accessevent (position, at, actor_kind, actor, subject, action, what, through, why, reference,
    previous, hash)
SELECT 0, now(), %s, %s, encode(sha256(key || 'trail'::bytea), 'hex'), %s, %s, %s, %s, %s, '', ''
FROM privacy_subjectkey WHERE user_id = ANY(%s) ORDER BY user_id
"""


@dataclass(frozen=True, slots=True)
class Acting:
    """Who acts, through what, and why."""

    kind: AccessEvent.Actor
    name: str
    through: Through
    why: str = ""


Who = Callable[[], Acting]
"""Asked when there is something to record: a request's person is known only once it was let in."""

_who: ContextVar[Who | None] = ContextVar("who", default=None)
_recorded: ContextVar[frozenset[int]] = ContextVar("recorded", default=frozenset())


@contextmanager
def acting(who: Who) -> Iterator[None]:
    """Within this, events are this one's."""
    acts, recorded = _who.set(who), _recorded.set(frozenset())
    try:
        yield
    finally:
        _who.reset(acts)
        _recorded.reset(recorded)


def recorded() -> frozenset[int]:
    """The people of whom something was recorded, and committed, in this request."""
    return _recorded.get()


def record(*, action: AccessEvent.Action, subjects: Collection[int], what: str, why: str = "") -> None:
    """Write one event for each of these people (primary keys). One statement; nothing for people who were erased."""
    if not subjects:
        return
    who = (_who.get() or _shell)()
    with connection.cursor() as cursor:
        # an event is never taken out again: it must not hold what names somebody once their key is gone
        what, why = blank_identities(what), blank_identities(why or who.why)
        said = [action, what[:200], who.through, why[:300], _reference()]
        cursor.execute(_INSERT, [who.kind, who.name[:150], *said, list(subjects)])
    # what is rolled back was not recorded
    transaction.on_commit(lambda: _recorded.set(_recorded.get() | frozenset(subjects)))


def record_run(*, what: str, people: int) -> None:
    """Write one event, about nobody in particular, for a run of the service over so many people at once.

    For what it works out of all of them every hour: an event for each would bury all else that stands there.
    """
    who = (_who.get() or _shell)()
    AccessEvent.objects.create(
        at=timezone.now(),
        actor_kind=who.kind,
        actor=who.name[:150],
        action=AccessEvent.Action.READ,
        what=f"{what}, of {people} people at once",
        through=who.through,
        reference=_reference(),
    )


def everybody() -> list[int]:
    """Whoever stands in the trail and was not erased."""
    return list(SubjectKey.objects.values_list("user_id", flat=True))


def touch(request: HttpRequest, people: Iterable[int]) -> None:
    """Note that the answer to this request shows these people's data; the middleware records it before it is sent."""
    shown: set[int] = request.__dict__.setdefault("shown_people", set())
    shown.update(people)


def pseudonym_of(user_id: int) -> str | None:
    """How the person stands in the trail; None once they were erased."""
    key = SubjectKey.objects.filter(pk=user_id).values_list("key", flat=True).first()
    return hashlib.sha256(bytes(key) + b"trail").hexdigest() if key else None


def events_about(user_id: int, *, by_others: bool) -> QuerySet[AccessEvent]:
    """The events about a person, newest first; only those of others if so asked."""
    pseudonym = pseudonym_of(user_id)
    # events that are about nobody in particular are not about who was erased either
    events = AccessEvent.objects.filter(subject=pseudonym) if pseudonym else AccessEvent.objects.none()
    events = events.order_by("-position")
    return events.exclude(actor_kind=AccessEvent.Actor.PERSON) if by_others else events


def make_key(*, user_id: int) -> None:
    """Give a new person a key."""
    SubjectKey.objects.get_or_create(user_id=user_id, defaults={"key": secrets.token_bytes(KEY_BYTES)})


def _reference() -> str:
    bound = structlog.contextvars.get_contextvars()
    return str(bound.get("task_id") or bound.get("request_id") or "")[:64]


def _shell() -> Acting:
    """Outside of requests and tasks: a command, by the name of the machine's user."""
    command = " ".join([Path(sys.argv[0]).name, *sys.argv[1:2]])
    return Acting(AccessEvent.Actor.SHELL, f"{getpass.getuser()}: {command}", Through.SHELL)


_running: dict[str, ExitStack] = {}
"""By a task's id, what ends with it."""


@task_prerun.connect(weak=False)
def _begin_task(task_id: str, task: object, **_: object) -> None:
    """Events, the provenance of rows and log lines name the task from here on."""
    who = Acting(AccessEvent.Actor.TASK, getattr(task, "name", ""), Through.TASK)
    running = _running[task_id] = ExitStack()
    running.enter_context(acting(lambda: who))
    running.enter_context(structlog.contextvars.bound_contextvars(task_id=task_id))


@task_postrun.connect(weak=False)
def _end_task(task_id: str, **_: object) -> None:
    if running := _running.pop(task_id, None):
        running.close()


# --- the chain --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Anchor:
    """Where the chain stood once, as it was written down outside of the database."""

    position: int
    hash: str


class TrailBroken(Exception):
    """The trail was tampered with; the message says where and how."""


def head() -> Anchor:
    """The newest event."""
    newest = AccessEvent.objects.order_by("-position").values_list("position", "hash").first()
    return Anchor(*newest) if newest else Anchor(0, START)


def drop_anchor() -> Anchor:
    """Write down the head outside of the database: in the log, and in TRAIL_ANCHOR_PATH where that is set."""
    now = head()
    log.info("trail_anchor", position=now.position, head=now.hash)
    if settings.TRAIL_ANCHOR_PATH:
        with Path(settings.TRAIL_ANCHOR_PATH).open("a", encoding="utf-8") as file:
            file.write(f"{now.position} {now.hash}\n")
    cache.set(_ANCHORED, timezone.now(), timeout=None)
    return now


def last_anchored() -> datetime | None:
    """When the last anchor was dropped; None if that never was, or Redis was emptied since."""
    at: datetime | None = cache.get(_ANCHORED)
    return at


def watch_anchors(*, now: datetime | None = None) -> bool:
    """Whether anchors are dropped as they should be; an alarm in the log if not."""
    last = last_anchored()
    in_time = last is not None and last > (now or timezone.now()) - LATE_AFTER
    if not in_time:
        log.error("trail_anchor_late", last=last.isoformat() if last else None)
    return in_time


def anchors() -> list[Anchor]:
    """What was written down in TRAIL_ANCHOR_PATH. Raises TrailBroken where the file is missing or cannot be read."""
    if not settings.TRAIL_ANCHOR_PATH:
        return []
    try:
        lines = Path(settings.TRAIL_ANCHOR_PATH).read_text(encoding="utf-8", errors="replace").splitlines()
    except FileNotFoundError:
        if head().position == 0:
            return []
        raise TrailBroken(
            f"There are events, but no file of anchors at {settings.TRAIL_ANCHOR_PATH}: it was taken away, or beat has "
            "not written the first one yet."
        ) from None
    return [_read_anchor(number, line) for number, line in enumerate(lines, start=1)]


def _read_anchor(number: int, line: str) -> Anchor:
    found = re.fullmatch(r"(\d+) ([0-9a-f]{64})", line, re.ASCII)
    if found is None:
        raise TrailBroken(f"Line {number} of {settings.TRAIL_ANCHOR_PATH} is no anchor: it was torn or altered.")
    return Anchor(int(found[1]), found[2])


def verify(known: Iterable[Anchor] = ()) -> Anchor:
    """Go through the whole chain and compare it with the anchors; the head. Raises TrailBroken at the first fault.

    Rows are streamed, so that a long chain takes no more memory than a short one.
    """
    expected = _agreed(known)
    before = Anchor(0, START)
    for event in AccessEvent.objects.order_by("position", "pk").iterator(chunk_size=2_000):
        if event.position != before.position + 1:
            raise TrailBroken(f"After position {before.position} comes {event.position}: events are missing or moved.")
        if event.previous != before.hash:
            raise TrailBroken(f"Position {event.position} does not follow from the one before it.")
        if event.hash != hash_of(event):
            raise TrailBroken(f"Position {event.position} was changed after it was written.")
        if expected.get(event.position, event.hash) != event.hash:
            raise TrailBroken(f"Position {event.position} is not what was anchored: the chain was written anew.")
        before = Anchor(event.position, event.hash)
    furthest = max(expected, default=0)
    if furthest > before.position:
        raise TrailBroken(f"The chain ends at {before.position}, but {furthest} was anchored: its end was cut off.")
    return before


def _agreed(known: Iterable[Anchor]) -> dict[int, str]:
    """Position -> hash. Anchors that contradict each other tell of a chain that was written anew between them."""
    expected: dict[int, str] = {}
    for anchor in known:
        if expected.setdefault(anchor.position, anchor.hash) != anchor.hash:
            raise TrailBroken(f"Position {anchor.position} was anchored with two hashes: the chain was written anew.")
    return expected


def hash_of(event: AccessEvent) -> str:
    """What the database's trigger computed when the event was written."""
    parts = (
        str(event.position),
        event.at.strftime("%Y-%m-%dT%H:%M:%S.%f"),
        *(event.actor_kind, event.actor, event.subject, event.action, event.what, event.through),
        *(event.why, event.reference, event.previous),
    )
    written = b"".join(b"%d:%s" % (len(encoded), encoded) for encoded in (part.encode() for part in parts))
    return hashlib.sha256(written).hexdigest()
