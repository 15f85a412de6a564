"""TikTok's rate limit: requests of the client per endpoint in any 60 seconds."""

import time
from collections import defaultdict, deque

PER_MINUTE = 600
WINDOW_S = 60.0


class SlidingWindow:
    """A sliding window per endpoint; refused requests do not count."""

    def __init__(self) -> None:
        self.per_minute = PER_MINUTE
        self._seen: defaultdict[str, deque[float]] = defaultdict(deque)

    def admits(self, endpoint: str) -> bool:
        """Count a request now; return False if it is over the limit."""
        now, seen = time.monotonic(), self._seen[endpoint]
        while seen and seen[0] <= now - WINDOW_S:
            seen.popleft()
        if len(seen) >= self.per_minute:
            return False
        seen.append(now)
        return True
