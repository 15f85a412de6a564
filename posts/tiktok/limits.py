"""One limit on calls to TikTok for all processes together, kept in Redis."""

import random
import time
from functools import cache

from django.conf import settings
from limits import RateLimitItem, RateLimitItemPerMinute
from limits.storage import RedisStorage
from limits.strategies import MovingWindowRateLimiter

from accounts.tiktok.errors import TikTokRateLimited

# TikTok allows 600 a minute for each endpoint. The distance leaves room for clocks that differ and calls on their way.
CALLS_PER_MINUTE = RateLimitItemPerMinute(540)
LONGEST_WAIT_S = 15.0


@cache
def _limiter() -> MovingWindowRateLimiter:
    return MovingWindowRateLimiter(RedisStorage(settings.REDIS_URL, key_prefix="tiktok"))


def wait_for_turn(endpoint: str, *, limit: RateLimitItem = CALLS_PER_MINUTE) -> None:
    """Take one of the endpoint's calls of this minute, waiting for it up to `LONGEST_WAIT_S`.

    Raises TikTokRateLimited, with `retry_after`, when the wait would be longer.
    """
    give_up_at = time.monotonic() + LONGEST_WAIT_S
    while not _limiter().hit(limit, endpoint):
        free_in = max(_limiter().get_window_stats(limit, endpoint).reset_time - time.time(), 0.0)
        # spread, or all that wait would come back at once
        pause = free_in + random.uniform(0.01, 0.25)
        if time.monotonic() + pause > give_up_at:
            raise TikTokRateLimited("own_limit", f"{limit} are in use", retry_after=free_in)
        time.sleep(pause)
