"""The chain of events: each carries a hash over itself and the one before it, computed by the database's trigger."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from privacy.models import AccessEvent

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
    newest = AccessEvent.objects.order_by("-position").values_list("position", "hash").first()
    return Anchor(*newest) if newest else Anchor(0, START)


def verify(anchors: Iterable[Anchor] = ()) -> Anchor:
    """Check the whole chain against its hashes and the anchors; return its head. Raise TrailBroken at the first fault.

    Rows are streamed, so that a long chain takes no more memory than a short one.
    """
    expected = _by_position(anchors)
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


def hash_of(event: AccessEvent) -> str:
    """Return the hash that the database's trigger computes for the event."""
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
