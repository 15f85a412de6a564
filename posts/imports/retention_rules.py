"""A rule of retention that no date in a declaration can express: an import without an answer ends after a day."""

from datetime import datetime

from posts.imports.services import cancel_unanswered
from privacy.retention.purging import on_purge


@on_purge("imports that nobody confirmed")
def forget_unanswered(now: datetime) -> int:
    """Cancel imports that waited for a day, with their files and rows; return how many."""
    return cancel_unanswered(now=now)
