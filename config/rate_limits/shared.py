"""The Redis that all processes count in, asked once per check; that it is away is remembered, and nothing waits."""

import hashlib
import os
import threading
import time
from collections.abc import Sequence
from functools import cache, lru_cache
from typing import Any

import redis
import structlog
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry

log = structlog.get_logger(__name__)

TIMEOUT_S = 0.25
"""For connecting, and for an answer; then Redis counts as away."""
AWAY_S = 2.0
"""Time for which a Redis that did not answer is not asked again: a request may cost one timeout, not each of them."""


class SharedRedis:
    """Runs scripts in Redis, or answers None at once while Redis is away.

    Each thread holds one connection and speaks over it directly: redis-py's client and pool take three times as long as
    the call itself.
    """

    def __init__(self, url: str) -> None:
        self._pool = redis.ConnectionPool.from_url(
            url, socket_timeout=TIMEOUT_S, socket_connect_timeout=TIMEOUT_S, retry=Retry(NoBackoff(), 0)
        )
        self._own = threading.local()
        self._away_until = 0.0

    def run(self, source: str, keys: Sequence[str], arguments: Sequence[float]) -> Any:
        """Return the script's answer; None if Redis is away."""
        if self._away_until and time.monotonic() < self._away_until:
            return None
        try:
            answer = self._run(source, keys, arguments)
        except redis.RedisError as error:
            if not self._away_until:
                log.warning("rate_limits_local", error=type(error).__name__)
            self._away_until = time.monotonic() + AWAY_S
            return None
        if self._away_until:
            self._away_until = 0.0
            log.info("rate_limits_shared")
        return answer

    def _run(self, source: str, keys: Sequence[str], arguments: Sequence[float]) -> Any:
        connection = self._connection()
        try:
            return _ask(connection, "EVALSHA", _digest(source), len(keys), *keys, *arguments)
        except redis.exceptions.NoScriptError:
            return _ask(connection, "EVAL", source, len(keys), *keys, *arguments)
        except redis.ConnectionError:
            # Redis closed it since the last call, e.g. as it was started anew; a timeout is not tried again
            connection.disconnect()
            return _ask(connection, "EVAL", source, len(keys), *keys, *arguments)

    def _connection(self) -> Any:
        """Return this thread's connection; a process that was forked does not use its parent's."""
        process, connection = getattr(self._own, "connection", (None, None))
        if process != os.getpid():
            connection = self._pool.make_connection()
            self._own.connection = os.getpid(), connection
        return connection


def _ask(connection: Any, *command: Any) -> Any:
    connection.send_command(*command)
    return connection.read_response()


@lru_cache(maxsize=64)
def _digest(source: str) -> str:
    return hashlib.sha1(source.encode(), usedforsecurity=False).hexdigest()


@cache
def shared_redis(url: str) -> SharedRedis:
    """Return this process's connections to the Redis at `url`."""
    return SharedRedis(url)


def run_shared(source: str, keys: Sequence[str], arguments: Sequence[float]) -> Any:
    """Run a script in the service's Redis and return its answer; None if Redis is away."""
    return shared_redis(settings.REDIS_URL).run(source, keys, arguments)
