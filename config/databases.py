"""The standby for reads that may be late: figures across accounts, trends, copies of a person's data.

Never for a read that must see a write of its own request: forecasts, pages of a person, consent, erasures.
"""

import time
from datetime import datetime, timedelta
from typing import NamedTuple

import structlog
from django.db import DEFAULT_DB_ALIAS, DatabaseError, connections
from django.utils import timezone

log = structlog.get_logger(__name__)

REPLICA = "replica"
LATE_AT_MOST = timedelta(minutes=1)
"""A standby that is further behind is not read."""
LOOKED_AT_EVERY_S = 5.0


class _Look(NamedTuple):
    at: float
    """Of the monotonic clock."""
    replayed_until: datetime | None
    """When the last transaction was committed that the standby has; None where that cannot be told."""


_look = _Look(float("-inf"), None)


def late_reads(*, after: datetime | None = None) -> str:
    """Return the alias for reads that may be late: the standby's if it is at most a minute behind.

    With `after`, it must have everything that was committed until then as well. Otherwise, and while it is away, it is
    the alias of the first server: a page must not fail because a standby does.
    """
    if REPLICA not in connections.databases:
        return DEFAULT_DB_ALIAS
    since = timezone.now() - LATE_AT_MOST
    until = _replayed_until()
    return REPLICA if until is not None and until >= max(since, after or since) else DEFAULT_DB_ALIAS


def _replayed_until() -> datetime | None:
    """Return how far the standby is, looked at every few seconds. An idle first server makes it look late."""
    global _look
    if time.monotonic() >= _look.at + LOOKED_AT_EVERY_S:
        try:
            with connections[REPLICA].cursor() as cursor:
                cursor.execute("SELECT pg_last_xact_replay_timestamp()")
                _look = _Look(time.monotonic(), cursor.fetchone()[0])
        except DatabaseError as error:
            connections[REPLICA].close()
            _look = _Look(time.monotonic(), None)
            log.warning("replica_away", error=type(error).__name__)
    return _look.replayed_until
