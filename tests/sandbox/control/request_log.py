"""A log of the requests on the wire, so that tests can count them. Tokens appear as fingerprints only."""

from collections import deque
from dataclasses import dataclass

KEPT = 20_000


@dataclass
class Entry:
    """One request and its response."""

    endpoint: str
    at: float  # real time, seconds since 1970
    status: int
    log_id: str
    fault: str  # kind, or empty
    creator: str  # handle; empty where the request was refused before it was identified
    grant_type: str
    access_token: str  # fingerprint of the access token sent, or issued by oauth/token
    refresh_token: str  # fingerprint of the refresh token sent


class RequestLog:
    """The newest requests, oldest first."""

    def __init__(self) -> None:
        self.entries: deque[Entry] = deque(maxlen=KEPT)

    def add(self, entry: Entry) -> None:
        """Append an entry, dropping the oldest beyond KEPT."""
        self.entries.append(entry)
