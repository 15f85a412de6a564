"""Django's cache in Redis: counted for /metrics, and no request fails because Redis is away.

A cache may forget. While Redis is away, nothing is found and nothing is kept; `add` says that it added.
"""

import time
from collections.abc import Callable
from typing import Any, TypeVar

import structlog
from django.core.cache.backends.base import DEFAULT_TIMEOUT
from django.core.cache.backends.redis import RedisCache
from django_prometheus.cache.metrics import (
    django_cache_get_fail_total,
    django_cache_get_total,
    django_cache_hits_total,
    django_cache_misses_total,
)
from redis.exceptions import RedisError

log = structlog.get_logger(__name__)

T = TypeVar("T")
_MISSING, _AWAY = object(), object()
BACKEND = "redis"
"""Label of the counters."""
PAUSE_S = 1.0
"""Without calls after one that failed."""


class ForgivingRedisCache(RedisCache):
    """Django's Redis cache that forgets, instead of raising, while Redis is away."""

    _asked_again_at = float("-inf")

    def get(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        django_cache_get_total.labels(backend=BACKEND).inc()
        value = self._ask(lambda: super(ForgivingRedisCache, self).get(key, _MISSING, version), _AWAY)
        counter = {_AWAY: django_cache_get_fail_total, _MISSING: django_cache_misses_total}
        found = not (value is _AWAY or value is _MISSING)
        (django_cache_hits_total if found else counter[value]).labels(backend=BACKEND).inc()
        return value if found else default

    def get_many(self, keys: Any, version: int | None = None) -> dict[Any, Any]:
        return self._ask(lambda: super(ForgivingRedisCache, self).get_many(keys, version), {})

    def add(self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        return self._ask(lambda: super(ForgivingRedisCache, self).add(key, value, timeout, version), True)

    def set(self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> None:
        self._ask(lambda: super(ForgivingRedisCache, self).set(key, value, timeout, version), None)

    def set_many(self, data: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> list[Any]:
        return self._ask(lambda: super(ForgivingRedisCache, self).set_many(data, timeout, version), list(data))

    def touch(self, key: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        return self._ask(lambda: super(ForgivingRedisCache, self).touch(key, timeout, version), False)

    def delete(self, key: Any, version: int | None = None) -> bool:
        return self._ask(lambda: super(ForgivingRedisCache, self).delete(key, version), False)

    def has_key(self, key: Any, version: int | None = None) -> bool:
        return self._ask(lambda: super(ForgivingRedisCache, self).has_key(key, version), False)

    def _ask(self, question: Callable[[], T], otherwise: T) -> T:
        """Return Redis' answer; `otherwise` while it is away, without asking more than once a second."""
        if time.monotonic() < self._asked_again_at:
            return otherwise
        try:
            return question()
        except RedisError as error:
            self._asked_again_at = time.monotonic() + PAUSE_S
            log.warning("cache_away", error=type(error).__name__)
            return otherwise
