"""Anchors: the head of the chain, written down outside of the database every hour."""

import re
from datetime import datetime, timedelta
from pathlib import Path

import structlog
from celery.signals import beat_init
from django.conf import settings
from django.core.cache import cache
from django.utils import timezone

from privacy.trail.chain import Anchor, TrailBroken, head, seal

log = structlog.get_logger(__name__)

LATE_AFTER = timedelta(hours=3)
"""Events since the last anchor can be cut off unnoticed: they must not become many."""
_ANCHORED = "trail-anchored"
_AWAITED = "trail-anchors-awaited"


def drop_anchor() -> Anchor:
    """Seal what was written, and write the head of the chain to the log, and to TRAIL_ANCHOR_PATH where that is set."""
    seal()
    now = head()
    log.info("trail_anchor", position=now.position, head=now.hash)
    if settings.TRAIL_ANCHOR_PATH:
        with Path(settings.TRAIL_ANCHOR_PATH).open("a", encoding="utf-8") as file:
            file.write(f"{now.position} {now.hash}\n")
    cache.set(_ANCHORED, timezone.now(), timeout=None)
    return now


def last_anchored() -> datetime | None:
    """Return when the last anchor was dropped; None if there was none, or Redis was emptied since."""
    at: datetime | None = cache.get(_ANCHORED)
    return at


@beat_init.connect
def await_anchors(**_: object) -> None:
    """Note that beat starts: none was due while it was down."""
    cache.set(_AWAITED, timezone.now(), timeout=None)


def awaited_since(*, now: datetime | None = None) -> datetime:
    """Return when the last anchor was dropped, or, if that is later or there was none, since when one is awaited."""
    now = now or timezone.now()
    awaited = cache.get_or_set(_AWAITED, now, timeout=None) or now
    return max(awaited, last_anchored() or awaited)


def watch_anchors(*, now: datetime | None = None) -> bool:
    """Return whether anchors are dropped in time; log an error if not.

    After a start of beat, or after Redis was emptied, there is time for the first one.
    """
    now = now or timezone.now()
    in_time = awaited_since(now=now) > now - LATE_AFTER
    if not in_time:
        last = last_anchored()
        log.error("trail_anchor_late", last=last.isoformat() if last else None)
    return in_time


def read_anchors() -> list[Anchor]:
    """Return the anchors in TRAIL_ANCHOR_PATH. Raise TrailBroken where the file is missing or cannot be read."""
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
    matched = re.fullmatch(r"(\d+) ([0-9a-f]{64})", line, re.ASCII)
    if matched is None:
        raise TrailBroken(f"Line {number} of {settings.TRAIL_ANCHOR_PATH} is no anchor: it was torn or altered.")
    return Anchor(int(matched[1]), matched[2])
