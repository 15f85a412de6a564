"""Messages that wait in the queues: their number, and the age of the oldest."""

import json
import time
from dataclasses import dataclass

import redis
from django.conf import settings

SENT_AT = "sent_at"
"""Header of each message: when it was sent, in epoch seconds (`config.celery`)."""


@dataclass(frozen=True, slots=True)
class Queue:
    """A queue as it is now."""

    name: str
    length: int
    age_s: float
    """Seconds since the oldest message was sent; 0 in an empty queue."""


def queues(client: redis.Redis) -> list[Queue]:
    """Return every queue that workers serve. Raise RedisError."""
    prefix = str(settings.CELERY_BROKER_TRANSPORT_OPTIONS["global_keyprefix"])
    found = []
    for name in settings.QUEUES:
        length, oldest = client.llen(f"{prefix}{name}"), client.lindex(f"{prefix}{name}", -1)
        found.append(Queue(name, int(length), _age(oldest) if oldest else 0.0))  # type: ignore[arg-type]
    return found


def _age(message: bytes) -> float:
    sent_at = json.loads(message)["headers"].get(SENT_AT)
    return max(0.0, time.time() - float(sent_at)) if sent_at else 0.0
