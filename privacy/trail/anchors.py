"""Anchors: the head of the chain, written down outside of the database every hour."""

import re
from datetime import datetime, timedelta
from pathlib import Path

import structlog
from django.conf import settings
from django.core.cache import cache
from django.utils import timezone

from privacy.trail.chain import Anchor, TrailBroken, head

log = structlog.get_logger(__name__)

LATE_AFTER = timedelta(hours=3)
"""Events since the last anchor can be cut off unnoticed: they must not become many."""
_ANCHORED = "trail-anchored"


def drop_anchor() -> Anchor:
    """Write the head of the chain to the log, and to TRAIL_ANCHOR_PATH where that is set."""
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


def watch_anchors(*, now: datetime | None = None) -> bool:
    """Return whether the last anchor is recent enough; log an error if not."""
    last = last_anchored()
    in_time = last is not None and last > (now or timezone.now()) - LATE_AFTER
    if not in_time:
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
