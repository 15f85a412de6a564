"""Secrets and signatures of messages, by Standard Webhooks (https://www.standardwebhooks.com)."""

import base64
import hashlib
import hmac
import secrets

from accounts.models import Webhook, place_of_secret
from privacy import sealing

PREFIX = "whsec_"
SECRET_BYTES = 32


def new_secret() -> str:
    """Return a secret as people see it once: a prefix and 32 random bytes in base64."""
    return PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def seal_secret(webhook: Webhook, secret: str) -> None:
    """Put the sealed secret into the object; the caller saves it."""
    webhook.sealed_secret = sealing.seal(secret, place=place_of_secret(webhook))


def signed_headers(webhook: Webhook, *, message: str, seconds: int, body: bytes) -> dict[str, str]:
    """Return the headers of a message; `seconds` since 1970 is the time of the attempt. Raise SealBroken."""
    secret = sealing.unseal(bytes(webhook.sealed_secret), place=place_of_secret(webhook))
    return {
        "webhook-id": message,
        "webhook-timestamp": str(seconds),
        "webhook-signature": signature(secret, message=message, seconds=seconds, body=body),
    }


def signature(secret: str, *, message: str, seconds: int, body: bytes) -> str:
    """Return `v1,` and the HMAC-SHA256 over id, timestamp and body in base64.

    >>> signature("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", message="msg_p5jXN8AQM9LWM0D4loKWxJek", seconds=1614265330,
    ...     body=b'{"test": 2432232314}')
    'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE='
    """
    key = base64.b64decode(secret.removeprefix(PREFIX))
    signed = b".".join((message.encode(), str(seconds).encode(), body))
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
