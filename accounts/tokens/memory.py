"""Tokens that this process read lately, so that not every request asks PostgreSQL (`config.rate_limits.remembered`)."""

import threading
from datetime import datetime

from cachetools import TTLCache
from prometheus_client import Counter

from accounts.models import APIToken
from config.rate_limits.remembered import KEPT_S

MOST = 2_000
"""Tokens that are kept; the one that was used longest ago makes room."""
LOOKUPS = Counter("postcast_token_memory_lookups_total", "Tokens asked of a worker's memory.", ["found"])


class TokenMemory:
    """Digest -> the usable token with its person. Shared by all requests of the process: read only."""

    def __init__(self, most: int = MOST) -> None:
        self._tokens = TTLCache[str, APIToken](most, KEPT_S)
        self._lock = threading.Lock()

    def find(self, digest: str, now: datetime) -> APIToken | None:
        """Return the token if it was read within `KEPT_S` and has not expired."""
        with self._lock:
            token = self._tokens.get(digest)
        has_expired = token is not None and token.expires_at is not None and token.expires_at <= now
        if has_expired:
            token = None
        LOOKUPS.labels("yes" if token else "no").inc()
        return token

    def keep(self, token: APIToken) -> None:
        """Keep what was just read."""
        with self._lock:
            self._tokens[token.digest] = token

    def forget(self, digest: str) -> None:
        """Drop the token, which is read again by whoever needs it."""
        with self._lock:
            self._tokens.pop(digest, None)

    def __len__(self) -> int:
        return len(self._tokens)


MEMORY = TokenMemory()
