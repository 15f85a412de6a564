"""Authenticated encryption of secrets in the database: AES-256-GCM, bound to the row and column they stand in."""

import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

# A sealed value: format (1 byte), length of the key's id (1 byte), the key's id, nonce (12 bytes), ciphertext and tag.
FORMAT = b"\x01"
NONCE_BYTES = 12


class SealBroken(Exception):
    """The sealed value was altered, moved from another row or column, or sealed with a key that is not configured."""


def seal(text: str, *, place: str) -> bytes:
    """Encrypt with the first of DATA_ENCRYPTION_KEYS, bound to `place`, e.g. `accounts.credential:7:access_token`."""
    return seal_bytes(text.encode(), place=place)


def unseal(sealed: bytes, *, place: str) -> str:
    """Decrypt what `seal` made for the same place. Raise SealBroken for anything else."""
    return unseal_bytes(sealed, place=place).decode()


def seal_bytes(plain: bytes, *, place: str) -> bytes:
    """Encrypt bytes, as `seal` does text."""
    key_id = sealing_key_id()
    header = FORMAT + bytes([len(key_id.encode())]) + key_id.encode()
    nonce = secrets.token_bytes(NONCE_BYTES)
    return header + nonce + _cipher(key_id).encrypt(nonce, plain, header + place.encode())


def unseal_bytes(sealed: bytes, *, place: str) -> bytes:
    """Decrypt bytes, as `unseal` does text. Raise SealBroken."""
    key_id, header_length = _read_header(sealed)
    body = header_length + NONCE_BYTES
    try:
        plain = _cipher(key_id).decrypt(
            sealed[header_length:body], sealed[body:], sealed[:header_length] + place.encode()
        )
    except (InvalidTag, ValueError) as error:
        raise SealBroken(f"{place}: altered, or moved from another place") from error
    return plain


def sealing_key_id() -> str:
    """Return the id of the key that seals now: the first one configured."""
    return str(next(iter(settings.DATA_ENCRYPTION_KEYS)))


def key_id_of(sealed: bytes) -> str:
    """Return the id of the key that a value was sealed with. Raise SealBroken if it is not a sealed value."""
    return _read_header(sealed)[0]


def _cipher(key_id: str) -> AESGCM:
    try:
        return AESGCM(settings.DATA_ENCRYPTION_KEYS[key_id])
    except KeyError as error:
        raise SealBroken(f"sealed with the key {key_id!r}, which DATA_ENCRYPTION_KEYS does not have") from error


def _read_header(sealed: bytes) -> tuple[str, int]:
    """Return the id of the key and the length of the header."""
    if len(sealed) < 2 or sealed[:1] != FORMAT:
        raise SealBroken("not a sealed value")
    length = 2 + sealed[1]
    try:
        return sealed[2:length].decode(), length
    except UnicodeDecodeError as error:
        raise SealBroken("not a sealed value") from error
