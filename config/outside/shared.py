"""Redis for what workers share about outsiders, bounded: where it is away, each process goes on by itself."""

import time
from collections.abc import Callable
from functools import cache
from typing import TypeVar

import redis
import structlog
from django.conf import settings
from limits.errors import StorageError
from redis.backoff import NoBackoff
from redis.retry import Retry

log = structlog.get_logger(__name__)

LONGEST_WAIT_S = 0.25
"""For a connection to Redis, and for each answer."""
LEAVE_ALONE_S = 5.0
"""After Redis failed it is not asked again for so long."""

T = TypeVar("T")
_away_until = 0.0


@cache
def client() -> "redis.Redis":
    """Return this process's connection pool, with short timeouts and without retries."""
    return redis.Redis.from_url(
        settings.REDIS_URL,
        socket_timeout=LONGEST_WAIT_S,
        socket_connect_timeout=LONGEST_WAIT_S,
        retry=Retry(NoBackoff(), 0),
    )


def in_redis_or(shared: Callable[[], T], local: Callable[[], T]) -> T:
    """Return `shared()`, or `local()` where Redis does not answer."""
    global _away_until
    if time.monotonic() >= _away_until:
        try:
            return shared()
        except (redis.RedisError, StorageError, OSError) as error:
            _away_until = time.monotonic() + LEAVE_ALONE_S
            log.warning("redis_away", error=type(error).__name__)
    return local()
