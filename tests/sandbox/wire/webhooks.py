"""Signed webhooks, delivered at least once and retried with RETRY_DELAYS_S unless answered with 200."""

import asyncio
import hashlib
import hmac
import json
import time
from dataclasses import dataclass
from typing import Any

import requests

from tests.sandbox.wire.grants import open_id

RETRY_DELAYS_S = (0.2, 0.5, 1.0, 2.0, 4.0)
TIMEOUT_S = 5.0


@dataclass
class Delivery:
    """One attempt; `status` is 0 without a response."""

    event: str
    creator: str
    status: int
    at: float


class Webhooks:
    """Send events to one address; without an address nothing is sent."""

    def __init__(self, client_key: str, client_secret: str, url: str) -> None:
        self.client_key = client_key
        self.client_secret = client_secret
        self.url = url
        self.duplicate = False
        self.deliveries: list[Delivery] = []
        self._under_way: set[asyncio.Task[None]] = set()

    def send(self, event: str, creator: str, content: dict[str, Any]) -> None:
        """Deliver an event in the background."""
        if not self.url:
            return
        body = json.dumps(
            {
                "client_key": self.client_key,
                "event": event,
                "create_time": int(time.time()),
                "user_openid": open_id(creator, self.client_key),
                "content": json.dumps(content),
            }
        ).encode()
        for _ in range(2 if self.duplicate else 1):
            task = asyncio.get_running_loop().create_task(self._deliver(self.url, event, creator, body))
            self._under_way.add(task)
            task.add_done_callback(self._under_way.discard)

    @property
    def under_way(self) -> int:
        """Number of deliveries that have neither arrived nor been given up."""
        return len(self._under_way)

    def give_up(self) -> None:
        """Cancel the deliveries under way."""
        for task in self._under_way:
            task.cancel()

    async def _deliver(self, url: str, event: str, creator: str, body: bytes) -> None:
        for delay in (*RETRY_DELAYS_S, None):
            status = await asyncio.to_thread(self._post, url, body)
            self.deliveries.append(Delivery(event, creator, status, time.time()))
            if status == 200 or delay is None:
                return
            await asyncio.sleep(delay)

    def _post(self, url: str, body: bytes) -> int:
        headers = {"Content-Type": "application/json", "TikTok-Signature": signature(self.client_secret, body)}
        try:
            return requests.post(url, data=body, headers=headers, timeout=TIMEOUT_S, allow_redirects=False).status_code
        except requests.RequestException:
            return 0


def signature(secret: str, body: bytes, at: int | None = None) -> str:
    """Return the value of the TikTok-Signature header for a body sent at `at` (default: now)."""
    moment = int(time.time()) if at is None else at
    digest = hmac.new(secret.encode(), f"{moment}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={moment},s={digest}"
