"""Seal and unseal the tokens in credential rows: the only module that does."""

from datetime import datetime, timedelta

from accounts.models import Credential, place_of_token
from accounts.tiktok.client import Grant
from privacy import sealing


def store_grant(credential: Credential, grant: Grant, now: datetime) -> None:
    """Replace the credential's tokens with the grant's and save it; the state stays as it is.

    A grant without a refresh token leaves the one that is held in its place (RFC 6749, 6). What TikTok refused before
    may be asked again: the grant says anew what is allowed.
    """
    credential.sealed_access_token = _seal(credential, "access_token", grant.access_token.get_secret_value())
    if grant.refresh_token is not None:
        credential.sealed_refresh_token = _seal(credential, "refresh_token", grant.refresh_token.get_secret_value())
    credential.access_expires_at = now + timedelta(seconds=grant.expires_in)
    credential.refresh_expires_at = now + timedelta(seconds=grant.refresh_expires_in)
    credential.scopes = grant.scopes
    credential.renewing_until = None
    credential.version += 1
    credential.save()


def unseal_token(credential: Credential, token: str) -> str:
    """Return the plain `access_token` or `refresh_token`; raises SealBroken."""
    return sealing.unseal(_sealed(credential, token), place=place_of_token(credential, token))


def has_tokens(credential: Credential) -> bool:
    """Return whether the credential still holds its tokens."""
    return bool(credential.sealed_access_token)


def can_renew(credential: Credential) -> bool:
    """Return whether the credential holds a refresh token."""
    return bool(credential.sealed_refresh_token)


def erase_tokens(credential: Credential) -> None:
    """Delete the tokens from the object; the caller saves it."""
    credential.sealed_access_token = credential.sealed_refresh_token = b""


def _sealed(credential: Credential, token: str) -> bytes:
    return bytes(getattr(credential, f"sealed_{token}"))


def _seal(credential: Credential, token: str, text: str) -> bytes:
    return sealing.seal(text, place=place_of_token(credential, token))
