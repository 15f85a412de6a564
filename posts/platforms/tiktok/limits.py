"""One rate limit on calls to TikTok for all processes together, kept in Redis."""

import random
import time
from functools import cache

from limits import RateLimitItem, RateLimitItemPerMinute
from limits.storage import MemoryStorage, RedisStorage
from limits.strategies import MovingWindowRateLimiter
from prometheus_client import Counter

from accounts.tiktok.errors import TikTokRateLimited
from config.outside import shared
from posts.platforms.base import Urgency

CALLS_PER_MINUTE = RateLimitItemPerMinute(540)
"""Below TikTok's 600 for each endpoint: room for clocks that differ and calls on their way."""
SHARE_WITHOUT_REDIS = 8
"""While Redis is away each process keeps to this part of the limit: more processes than that are rare."""
LONGEST_WAIT_S = 15.0
RESERVED: dict[Urgency, float] = {
    Urgency.DAY: 0.0,
    Urgency.EARLY: 0.05,
    Urgency.LATE: 0.10,
    Urgency.REFRESH: 0.15,
    Urgency.LOOK: 0.25,
}
"""Share of an endpoint's limit that calls of this urgency leave to more urgent ones."""
CALLS = Counter("postcast_tiktok_calls_total", "Calls to TikTok that took a turn.", ["endpoint"])


@cache
def _limiter() -> MovingWindowRateLimiter:
    pool = shared.client().connection_pool
    return MovingWindowRateLimiter(RedisStorage("redis://", connection_pool=pool, key_prefix="tiktok"))


@cache
def _local_limiter() -> MovingWindowRateLimiter:
    return MovingWindowRateLimiter(MemoryStorage())


def calls_per_minute(urgency: Urgency) -> int:
    """Return how many calls a minute each endpoint has for this urgency and the less urgent ones together."""
    return CALLS_PER_MINUTE.amount - _reserved(CALLS_PER_MINUTE, urgency)


def wait_for_turn(endpoint: str, *, limit: RateLimitItem = CALLS_PER_MINUTE, urgency: Urgency = Urgency.DAY) -> None:
    """Take one of the endpoint's calls of this minute, after a wait of up to `LONGEST_WAIT_S`.

    The last ones of a minute are for more urgent calls (`RESERVED`).

    Raise TikTokRateLimited, with `retry_after`, when the wait would be longer.
    """
    give_up_at = time.monotonic() + LONGEST_WAIT_S
    local_limit = type(limit)(max(limit.amount // SHARE_WITHOUT_REDIS, 1), limit.multiples)
    while free_in := shared.in_redis_or(
        lambda: _take(_limiter(), limit, endpoint, urgency),
        lambda: _take(_local_limiter(), local_limit, endpoint, urgency),
    ):
        # spread, so that waiting processes do not come back all at once
        pause = free_in + random.uniform(0.01, 0.25)
        if time.monotonic() + pause > give_up_at:
            raise TikTokRateLimited("own_limit", f"{limit} are in use", retry_after=free_in)
        time.sleep(pause)
    CALLS.labels(endpoint).inc()


def calls_left(endpoint: str) -> int:
    """Return how many calls this minute has left for the endpoint. Raise RedisError of `limits` while Redis is away."""
    return _limiter().get_window_stats(CALLS_PER_MINUTE, endpoint).remaining


def _reserved(limit: RateLimitItem, urgency: Urgency) -> int:
    return int(limit.amount * RESERVED[urgency])


def _take(limiter: MovingWindowRateLimiter, limit: RateLimitItem, endpoint: str, urgency: Urgency) -> float:
    """Take one of the calls and return 0, or the seconds until one is free."""
    reserved = _reserved(limit, urgency)
    # two steps: of calls at the same moment a few may reach into the reserve, none beyond the limit
    if (not reserved or limiter.test(limit, endpoint, cost=1 + reserved)) and limiter.hit(limit, endpoint):
        return 0.0
    return max(limiter.get_window_stats(limit, endpoint).reset_time - time.time(), 0.001)
