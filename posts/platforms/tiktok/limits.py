"""One rate limit on calls to TikTok for all processes together, kept in Redis."""

import random
import time
from functools import cache

from django.conf import settings
from limits import RateLimitItem, RateLimitItemPerMinute
from limits.storage import RedisStorage
from limits.strategies import MovingWindowRateLimiter

from accounts.tiktok.errors import TikTokRateLimited

CALLS_PER_MINUTE = RateLimitItemPerMinute(540)
"""Below TikTok's 600 for each endpoint: room for clocks that differ and calls on their way."""
LONGEST_WAIT_S = 15.0


@cache
def _limiter() -> MovingWindowRateLimiter:
    return MovingWindowRateLimiter(RedisStorage(settings.REDIS_URL, key_prefix="tiktok"))


def wait_for_turn(endpoint: str, *, limit: RateLimitItem = CALLS_PER_MINUTE) -> None:
    """Take one of the endpoint's calls of this minute, after a wait of up to `LONGEST_WAIT_S`.

    Raise TikTokRateLimited, with `retry_after`, when the wait would be longer.
    """
    give_up_at = time.monotonic() + LONGEST_WAIT_S
    while not _limiter().hit(limit, endpoint):
        free_in = max(_limiter().get_window_stats(limit, endpoint).reset_time - time.time(), 0.0)
        # spread, so that waiting processes do not come back all at once
        pause = free_in + random.uniform(0.01, 0.25)
        if time.monotonic() + pause > give_up_at:
            raise TikTokRateLimited("own_limit", f"{limit} are in use", retry_after=free_in)
        time.sleep(pause)
