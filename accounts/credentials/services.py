"""Hand out, renew and revoke TikTok's tokens; each change is one transaction."""

import secrets
from datetime import timedelta

import structlog
from django.db import OperationalError, connection, transaction
from django.utils import timezone

from accounts.credentials import sealed_tokens
from accounts.models import Credential, TikTokAccount
from accounts.tiktok import client
from accounts.tiktok.errors import AccessTokenInvalid, GrantRefused, TikTokError, TikTokUnavailable
from privacy.consent.selectors import require
from privacy.erasure.hooks import Revoked
from privacy.models import AccessEvent
from privacy.purposes import Purpose
from privacy.sealing import SealBroken
from privacy.trail.services import record

log = structlog.get_logger(__name__)

LEEWAY = timedelta(seconds=60)
"""An access token that ends sooner is refreshed before it is handed out."""
REFRESH_LOCK_TIMEOUT_MS = 45_000
"""Longer than one refresh with all its retries takes."""


class CredentialLost(Exception):
    """Raised where no usable grant is left: the creator must connect the account again, as the message tells them."""

    def __init__(self, account_id: int) -> None:
        self.account_id = account_id
        super().__init__("Postcast has no access to this TikTok account any more. Please connect it again.")


def require_service(account_id: int) -> None:
    """Check, before anything of the account is fetched, that its person consents to the service.

    Raises NoConsent if they do not, and CredentialLost if the account was erased.
    """
    user_id = TikTokAccount.objects.filter(pk=account_id).values_list("user_id", flat=True).first()
    if user_id is None:
        raise CredentialLost(account_id)
    require(user_id, Purpose.SERVICE)


def access_token(*, account_id: int) -> str:
    """Return a valid access token for the account, refreshed if it expires within a minute.

    One worker refreshes, however many ask, and commits the new tokens before anybody gets them: this cannot be called
    inside a transaction. Raises NoConsent, CredentialLost, TikTokUnavailable, TikTokRateLimited.
    """
    require_service(account_id)
    return _current_token(account_id, Credential.State.ACTIVE)


@transaction.atomic
def invalidate_access_token(*, account_id: int, token: str) -> None:
    """Expire an access token that TikTok refused early, so that the next `access_token` refreshes it."""
    credential = Credential.objects.select_for_update().filter(account_id=account_id).first()
    if (
        credential
        and sealed_tokens.has_tokens(credential)
        and secrets.compare_digest(sealed_tokens.unseal_token(credential, "access_token"), token)
    ):
        credential.access_expires_at = timezone.now()
        credential.save(update_fields=["access_expires_at", "updated_at"])


@transaction.atomic
def forget_scope(*, account_id: int, scope: str) -> None:
    """Remove a scope that TikTok refuses, so that nothing asks for it again until TikTok's next grant names it."""
    credential = Credential.objects.select_for_update().filter(account_id=account_id).first()
    if credential and scope in credential.scopes:
        credential.scopes = [each for each in credential.scopes if each != scope]
        credential.save(update_fields=["scopes", "updated_at"])


def renew_credential(*, account_id: int) -> None:
    """Use the refresh token, which prolongs the grant, whether or not the access token has expired.

    Raises NoConsent, CredentialLost, TikTokError.
    """
    require_service(account_id)
    _refresh(account_id, Credential.State.ACTIVE, only_if_expired=False)


def revoke_at_tiktok(account_id: int, state: Credential.State) -> Revoked:
    """Revoke the grant if the credential is in this state, and return whether TikTok has no grant of it any more."""
    try:
        client.revoke(access_token=_current_token(account_id, state))
    except (CredentialLost, GrantRefused, AccessTokenInvalid):
        return Revoked.YES
    except TikTokError as error:
        log.warning("revocation_failed", account_id=account_id, error=str(error), log_id=error.log_id)
        return Revoked.LATER
    except SealBroken as error:
        # the keys were rotated after the backup that this row comes from: retrying would never succeed
        log.error("revocation_impossible", account_id=account_id, error=str(error))
        return Revoked.NEVER
    return Revoked.YES


def retry_revocation(*, account_id: int) -> bool:
    """Revoke a disconnected account's grant at TikTok after an earlier failure; return whether that succeeded."""
    revoked = revoke_at_tiktok(account_id, Credential.State.REVOKED) == Revoked.YES
    if revoked:
        # the state is checked again: its creator may have connected the account in the meantime
        Credential.objects.filter(account_id=account_id, state=Credential.State.REVOKED).update(
            sealed_access_token=b"", sealed_refresh_token=b""
        )
    return revoked


def _current_token(account_id: int, state: Credential.State) -> str:
    credential = Credential.objects.filter(account_id=account_id).first()
    if credential and _is_usable(credential, state) and _is_fresh(credential):
        return sealed_tokens.unseal_token(credential, "access_token")
    return _refresh(account_id, state)


def _refresh(account_id: int, state: Credential.State, *, only_if_expired: bool = True) -> str:
    # durable: inside another transaction the new tokens could be handed out and then rolled back
    with transaction.atomic(durable=True):
        credential = _lock_for_refresh(account_id)
        if credential is None or not _is_usable(credential, state):
            raise CredentialLost(account_id)
        if only_if_expired and _is_fresh(credential):
            # another worker refreshed while this one waited for the lock
            return sealed_tokens.unseal_token(credential, "access_token")
        new_token = _use_refresh_token(credential)
    if new_token is None:
        raise CredentialLost(account_id)
    return new_token


def _lock_for_refresh(account_id: int) -> Credential | None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('lock_timeout', %s, true)", [str(REFRESH_LOCK_TIMEOUT_MS)])
    try:
        return Credential.objects.select_for_update().filter(account_id=account_id).first()
    except OperationalError as error:
        raise TikTokUnavailable("no_answer", "another worker's refresh is taking too long") from error


def _use_refresh_token(credential: Credential) -> str | None:
    """Exchange the refresh token and return the new access token; None, with the state LOST, if TikTok refuses it."""
    try:
        grant = client.refresh(refresh_token=sealed_tokens.unseal_token(credential, "refresh_token"))
    except GrantRefused as error:
        log.warning("credential_lost", account_id=credential.account_id, error=str(error), log_id=error.log_id)
        if credential.state == Credential.State.ACTIVE:
            credential.state = Credential.State.LOST
        sealed_tokens.erase_tokens(credential)
        credential.save()
        return None
    sealed_tokens.store_grant(credential, grant, timezone.now())
    owner = TikTokAccount.objects.filter(pk=credential.account_id).values_list("user_id", flat=True)
    record(action=AccessEvent.Action.CHANGE, subjects=list(owner), what="keys to the account, renewed")
    return grant.access_token.get_secret_value()


def _is_usable(credential: Credential, state: Credential.State) -> bool:
    return credential.state == state and sealed_tokens.has_tokens(credential)


def _is_fresh(credential: Credential) -> bool:
    return credential.access_expires_at > timezone.now() + LEEWAY
