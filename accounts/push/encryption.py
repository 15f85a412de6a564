"""Encryption of messages for one browser (RFC 8291, with the encoding aes128gcm of RFC 8188).

On the primitives of `cryptography`: the packages that do this are built from source at each installation, or bring HTTP
clients of their own, which would pass by `config.outside`.
"""

import base64
import binascii
import secrets

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

SALT_BYTES = 16
AUTH_BYTES = 16
_POINT_BYTES = 65
"""Of an uncompressed point of P-256."""
_RECORD_BYTES = 4096
_LAST_RECORD = b"\x02"


class UnusableKeys(ValueError):
    """Raised for keys that are no browser's."""


def encrypt(
    text: bytes,
    *,
    p256dh: str,
    auth: str,
    own: ec.EllipticCurvePrivateKey | None = None,
    salt: bytes | None = None,
) -> bytes:
    """Return the body of a message that the browser with these keys alone can read. Raise UnusableKeys.

    Parameters
    ----------
    p256dh, auth : the browser's public key and its secret, in base64url
    own, salt : fresh for each message; given by tests of the standard's own example
    """
    theirs, secret = browser_keys(p256dh, auth)
    own = own or ec.generate_private_key(ec.SECP256R1())
    salt = salt or secrets.token_bytes(SALT_BYTES)
    mine = point_of(own.public_key())
    shared = own.exchange(ec.ECDH(), theirs)
    key = _derived(shared, salt=secret, info=b"WebPush: info\0" + point_of(theirs) + mine, length=32)
    content_key = _derived(key, salt=salt, info=b"Content-Encoding: aes128gcm\0", length=16)
    nonce = _derived(key, salt=salt, info=b"Content-Encoding: nonce\0", length=12)
    head = salt + _RECORD_BYTES.to_bytes(4, "big") + bytes([len(mine)]) + mine
    return head + AESGCM(content_key).encrypt(nonce, text + _LAST_RECORD, None)


def browser_keys(p256dh: str, auth: str) -> tuple[ec.EllipticCurvePublicKey, bytes]:
    """Return a browser's public key and secret from base64url. Raise UnusableKeys."""
    try:
        point, secret = from_base64url(p256dh), from_base64url(auth)
        if len(point) != _POINT_BYTES or len(secret) != AUTH_BYTES:
            raise UnusableKeys("The keys have another length.")
        return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point), secret
    except ValueError as error:
        raise UnusableKeys("These are not the keys of a browser's subscription.") from error


def point_of(key: ec.EllipticCurvePublicKey) -> bytes:
    """Return the uncompressed point of a public key."""
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def to_base64url(value: bytes) -> str:
    """Return the bytes in base64url without padding."""
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def from_base64url(text: str) -> bytes:
    """Return the bytes of base64url, with or without padding. Raise ValueError."""
    try:
        plain = text.strip().rstrip("=").replace("-", "+").replace("_", "/")
        return base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)
    except (binascii.Error, UnicodeEncodeError) as error:
        raise ValueError("This is not base64url.") from error


def _derived(key: bytes, *, salt: bytes, info: bytes, length: int) -> bytes:
    return HKDF(hashes.SHA256(), length=length, salt=salt, info=info).derive(key)
