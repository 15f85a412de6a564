"""The waiting room: what browsers brought back from TikTok's page, and TikTok's answers, sealed, in Redis for minutes.

    secret = begin(code, redirect_uri, code_verifier, state_id=...)   # the callback; the browser keeps the secret
    returned = claim(key_of(secret))                                  # one worker, once
    finish(key, grant) or fail(key, kind)
    look(secret), then take(secret)                                   # the browser that waits

Redis knows the secret's digest only: who reads Redis can take over no sign-in.
"""

import hashlib
import json
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, cast

import redis
from django.conf import settings
from pydantic import SecretStr
from redis.backoff import NoBackoff
from redis.retry import Retry

from accounts.sign_in.failures import Kind
from accounts.tiktok.client import Grant
from privacy import sealing

KEPT_S = 120
STATE_KEPT_S = 3_600
"""Time for which a state that came back is known as used: longer than one can be begun before it comes back."""
CLAIM_WITHIN_S = 15
"""A code that no worker took by then is not used any more: its browser is told so before long."""
TIMEOUT_S = 1.0


class Unavailable(Exception):
    """Raised where Redis is away: nothing was used up."""


class StateUsed(Exception):
    """Raised for a state that came back before."""


@dataclass(frozen=True, slots=True)
class Returned:
    """The code that a browser brought back, with what its exchange needs."""

    code: str
    redirect_uri: str
    code_verifier: str | None


@dataclass(frozen=True, slots=True)
class Progress:
    """Progress of a sign-in."""

    claimed: bool = False
    answered: bool = False
    failure: Kind | None = None
    there: bool = True
    """False where Redis does not know it: it was taken, it is too old, or Redis lost it."""


def begin(code: str, redirect_uri: str, code_verifier: str | None, *, state_id: str) -> str:
    """Keep what came back and return the secret of the browser that waits; raises StateUsed and Unavailable."""
    secret = secrets.token_urlsafe(32)
    key = key_of(secret)
    returned = json.dumps([code, redirect_uri, code_verifier])
    with _redis() as client:
        if not client.set(f"sign-in:used:{_digest(state_id)}", 1, nx=True, ex=STATE_KEPT_S):
            raise StateUsed
        with client.pipeline() as pipeline:
            pipeline.hset(key, mapping={"returned": sealing.seal(returned, place=key), "begun_at": time.time()})
            pipeline.expire(key, KEPT_S)
            pipeline.execute()
    return secret


def claim(key: str) -> Returned | None:
    """Return what came back to the one worker that may use it; None if another has it, or it is too old."""
    with _redis() as client:
        sealed, begun_at = cast(list[bytes | None], client.hmget(key, ["returned", "begun_at"]))
        if not sealed or not begun_at or time.time() > float(begun_at) + CLAIM_WITHIN_S:
            return None
        # of all that got here, one takes the code away
        with client.pipeline() as pipeline:
            pipeline.hset(key, "claimed", "1")
            pipeline.hdel(key, "returned")
            pipeline.expire(key, KEPT_S)
            _, taken, _ = pipeline.execute()
    if not taken:
        return None
    code, redirect_uri, code_verifier = json.loads(sealing.unseal(sealed, place=key))
    return Returned(code, redirect_uri, code_verifier)


def finish(key: str, grant: Grant) -> None:
    """Keep TikTok's answer for the browser that waits."""
    plain = {
        name: value.get_secret_value() if isinstance(value, SecretStr) else value
        for name, value in grant.model_dump(by_alias=True).items()
    }
    _answer(key, "grant", sealing.seal(json.dumps(plain), place=key))


def fail(key: str, kind: Kind) -> None:
    """Keep for the browser that waits why there is no answer."""
    _answer(key, "failure", kind.value)


def look(secret: str) -> Progress:
    """Return how far the sign-in is; raises Unavailable."""
    with _redis() as client:
        found = cast(list[bytes | None], client.hmget(key_of(secret), ["claimed", "failure", "begun_at", "grant"]))
    claimed, failure, begun_at, answer = found
    return Progress(bool(claimed), bool(answer), Kind(failure.decode()) if failure else None, there=bool(begun_at))


def take(secret: str) -> Grant | None:
    """Return TikTok's answer and forget it; None if it was taken already. Raises Unavailable."""
    key = key_of(secret)
    with _redis() as client, client.pipeline() as pipeline:
        pipeline.hget(key, "grant")
        pipeline.delete(key)
        sealed, _ = pipeline.execute()
    return Grant.read(json.loads(sealing.unseal(sealed, place=key))) if sealed else None


def resend_once(secret: str) -> bool:
    """Return True the first time it is asked for a sign-in: its message may be lost with a worker that died."""
    with _redis() as client, client.pipeline() as pipeline:
        pipeline.hsetnx(key_of(secret), "resent", "1")
        pipeline.expire(key_of(secret), KEPT_S)
        first, _ = pipeline.execute()
    return bool(first)


def key_of(secret: str) -> str:
    """Return the key in Redis, which tasks are given."""
    return f"sign-in:{_digest(secret)}"


def _answer(key: str, field: str, value: Any) -> None:
    with _redis() as client, client.pipeline() as pipeline:
        pipeline.hset(key, field, value)
        pipeline.expire(key, KEPT_S)
        pipeline.execute()


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


@contextmanager
def _redis() -> Iterator[redis.Redis]:
    """Give a client for the block; its errors are Unavailable."""
    client = redis.Redis.from_url(
        settings.REDIS_URL,
        socket_timeout=TIMEOUT_S,
        socket_connect_timeout=TIMEOUT_S,
        # redis-py would retry three times, with pauses
        retry=Retry(NoBackoff(), 1, supported_errors=(redis.ConnectionError,)),
    )
    try:
        with client:
            yield client
    except redis.RedisError as error:
        raise Unavailable from error
