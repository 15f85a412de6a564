"""The service's name towards push services (VAPID, RFC 8292): a key, and a signed token in each call."""

import time
from functools import lru_cache
from urllib.parse import urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from django.conf import settings

from accounts.push.encryption import from_base64url, point_of, to_base64url

TOKEN_S = 12 * 3600
"""Validity of a token; push services take at most a day."""


def is_offered() -> bool:
    """Return whether this service has a key, without which no browser can be told anything."""
    return bool(settings.VAPID_PRIVATE_KEY)


def public_key() -> str:
    """Return the public key in base64url, which a browser binds its subscription to."""
    return to_base64url(point_of(_private_key(settings.VAPID_PRIVATE_KEY).public_key()))


def authorization(url: str, now: float | None = None) -> str:
    """Return the header `Authorization` for a call to the push service at the URL; `now` in seconds since 1970."""
    parts = urlsplit(url)
    claims = {"aud": f"{parts.scheme}://{parts.netloc}", "exp": int(now or time.time()) + TOKEN_S}
    if contact := _contact():
        claims["sub"] = contact
    token = jwt.encode(claims, _private_key(settings.VAPID_PRIVATE_KEY), algorithm="ES256")
    return f"vapid t={token}, k={public_key()}"


def _contact() -> str:
    """Return where push services reach the operator: a mailto: or https: address, as some insist on one."""
    reached = (settings.OPERATOR_CONTACT, settings.PUBLIC_URL)
    return next((each for each in reached if each.startswith(("mailto:", "https:"))), "")


@lru_cache(maxsize=1)
def _private_key(encoded: str) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(int.from_bytes(from_base64url(encoded), "big"), ec.SECP256R1())
