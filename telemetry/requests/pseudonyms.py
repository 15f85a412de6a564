"""Pseudonyms of people in records of requests: a keyed hash under a random key of the day.

The key stands in Redis alone and goes a day after its day is over. From then on nobody can tell whose records they
are, nor which records of two days are of the same person (as Plausible counts visitors without cookies).
"""

import secrets
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from hashlib import blake2b

from django.utils import timezone
from redis.exceptions import RedisError

from telemetry.connections import redis_client

KEYS = "telemetry:day-key:"
"""Prefix of the keys in Redis; the day follows."""
KEPT_AFTER_ITS_DAY = timedelta(days=1)
"""So that an erasure finds what was recorded shortly before midnight."""


def pseudonym(user_id: int, key: bytes) -> int:
    """Return 63 bits that stand for the person under this key."""
    return int.from_bytes(blake2b(str(user_id).encode(), key=key, digest_size=8).digest(), "big") >> 1


@lru_cache(maxsize=2)
def key_of(day: date) -> bytes:
    """Return the key of the day, made by whoever asks first. Raise RedisError while Redis is away."""
    over = datetime.combine(day + timedelta(days=1), time(), timezone.get_default_timezone()) + KEPT_AFTER_ITS_DAY
    name = f"{KEYS}{day:%Y-%m-%d}"
    with redis_client() as client:
        client.set(name, secrets.token_bytes(32), nx=True, exat=over)
        key = client.get(name)
    if key is None:
        raise RedisError(f"The key of {day} is over.")
    return bytes(key)


def pseudonyms_of(user_id: int) -> list[int]:
    """Return the pseudonyms that can still be told to be the person's: of today and yesterday."""
    today = timezone.now().date()
    found = []
    with redis_client() as client:
        for day in (today, today - timedelta(days=1)):
            key = client.get(f"{KEYS}{day:%Y-%m-%d}")
            if key is not None:
                found.append(pseudonym(user_id, bytes(key)))
    return found
