"""The chain of events: each carries a hash over itself and the one before it, computed by the database.

Events are written unchained, so that no writer waits for another. Once a minute `seal` chains those that were committed
since: what is tampered with before is not found, as it would not be before it is anchored.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from django.db import connection, transaction
from django.utils import timezone

from privacy.models import AccessEvent

log = structlog.get_logger(__name__)

SEALED_AT_ONCE = 2_000
"""Events of one transaction."""
LATE_AFTER = timedelta(minutes=15)
"""An event that is older and not sealed is an alarm."""
START = "0" * 64
"""The hash before the first event."""


@dataclass(frozen=True, slots=True)
class Anchor:
    """A head of the chain that was written down outside of the database."""

    position: int
    hash: str


class TrailBroken(Exception):
    """The trail was tampered with; the message says where and how."""


def head() -> Anchor:
    """Return the position and hash of the newest event."""
    newest = AccessEvent.objects.exclude(position=None).order_by("-position").first()
    return Anchor(newest.position or 0, newest.hash) if newest else Anchor(0, START)


def seal() -> int:
    """Chain all events that were committed, in the order in which they were written; return how many."""
    sealed = 0
    while True:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT privacy_seal_events(%s)", [SEALED_AT_ONCE])
            count = int(cursor.fetchone()[0])
        sealed += count
        if count < SEALED_AT_ONCE:
            return sealed


def watch_sealing(*, now: datetime | None = None) -> bool:
    """Return whether events are sealed in time; log an error if not."""
    late = AccessEvent.objects.filter(position=None, at__lt=(now or timezone.now()) - LATE_AFTER).count()
    if late:
        log.error("trail_not_sealed", events=late)
    return not late


def verify(anchors: Iterable[Anchor] = ()) -> Anchor:
    """Check the whole chain against its hashes and the anchors; return its head. Raise TrailBroken at the first fault.

    Events that are not sealed yet are in no chain: call `seal` first.

    Rows are streamed, so that a long chain takes no more memory than a short one.
    """
    expected = _by_position(anchors)
    before = Anchor(0, START)
    for event in AccessEvent.objects.exclude(position=None).order_by("position").iterator(chunk_size=2_000):
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


def hash_of(event: AccessEvent) -> str:
    """Return the hash that the database computes for the event."""
    parts = (
        str(event.position),
        event.at.strftime("%Y-%m-%dT%H:%M:%S.%f"),
        *(event.actor_kind, event.actor, event.subject, event.action, event.what, event.through),
        *(event.why, event.reference, event.previous),
    )
    written = b"".join(b"%d:%s" % (len(encoded), encoded) for encoded in (part.encode() for part in parts))
    return hashlib.sha256(written).hexdigest()


def _by_position(anchors: Iterable[Anchor]) -> dict[int, str]:
    """Map position to hash. Raise TrailBroken for anchors that contradict each other."""
    expected: dict[int, str] = {}
    for anchor in anchors:
        if expected.setdefault(anchor.position, anchor.hash) != anchor.hash:
            raise TrailBroken(f"Position {anchor.position} was anchored with two hashes: the chain was written anew.")
    return expected
