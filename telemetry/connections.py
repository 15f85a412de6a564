"""Connections to Redis that never wait for long."""

import redis
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry

TIMEOUT_S = 2
"""Of each call, and of connecting."""


def redis_client(url: str = "") -> redis.Redis:
    """Return a client of that Redis, or of the one with the queues; it answers or raises RedisError within seconds."""
    return redis.Redis.from_url(
        url or settings.BROKER_REDIS_URL,
        socket_timeout=TIMEOUT_S,
        socket_connect_timeout=TIMEOUT_S,
        # the library would otherwise try again for seconds
        retry=Retry(NoBackoff(), 0),
    )
