"""The Redis that all processes count in, asked once per check; that it is away is remembered, and nothing waits."""

import time
from collections.abc import Sequence
from functools import cache
from typing import Any

import redis
import structlog
from django.conf import settings
from redis.backoff import NoBackoff
from redis.commands.core import Script
from redis.retry import Retry

log = structlog.get_logger(__name__)

TIMEOUT_S = 0.25
"""For connecting, and for an answer; then Redis counts as away."""
AWAY_S = 2.0
"""Time for which a Redis that did not answer is not asked again: a request may cost one timeout, not each of them."""


class SharedRedis:
    """Runs scripts in Redis, or answers None at once while Redis is away."""

    def __init__(self, url: str) -> None:
        self._client = redis.Redis.from_url(
            url,
            socket_timeout=TIMEOUT_S,
            socket_connect_timeout=TIMEOUT_S,
            # redis-py would retry three times, with pauses; once, at once, serves a connection that Redis closed
            retry=Retry(NoBackoff(), 1, supported_errors=(redis.ConnectionError,)),
        )
        self._scripts: dict[str, Script] = {}
        self._away_until = 0.0

    def run(self, source: str, keys: Sequence[str], arguments: Sequence[float]) -> Any:
        """Return the script's answer; None if Redis is away."""
        if time.monotonic() < self._away_until:
            return None
        script = self._scripts.setdefault(source, self._client.register_script(source))
        try:
            answer = script(keys=keys, args=arguments)
        except redis.RedisError as error:
            if not self._away_until:
                log.warning("rate_limits_local", error=type(error).__name__)
            self._away_until = time.monotonic() + AWAY_S
            return None
        if self._away_until:
            self._away_until = 0.0
            log.info("rate_limits_shared")
        return answer


@cache
def shared_redis(url: str) -> SharedRedis:
    """Return this process's connection to the Redis at `url`."""
    return SharedRedis(url)


def run_shared(source: str, keys: Sequence[str], arguments: Sequence[float]) -> Any:
    """Run a script in the service's Redis and return its answer; None if Redis is away."""
    return shared_redis(settings.REDIS_URL).run(source, keys, arguments)
