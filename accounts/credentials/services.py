"""Hand out, renew and revoke TikTok's tokens; each change is one transaction."""

import secrets
import time
from collections.abc import Callable
from datetime import timedelta

import structlog
from django.db import transaction
from django.utils import timezone

from accounts import signals
from accounts.credentials import sealed_tokens
from accounts.models import Credential, TikTokAccount
from accounts.tiktok import client
from accounts.tiktok.client import Grant
from accounts.tiktok.errors import AccessTokenInvalid, GrantRefused, ScopeMissing, TikTokError, TikTokUnavailable
from privacy.consent.selectors import require
from privacy.erasure.hooks import Revoked
from privacy.models import AccessEvent
from privacy.purposes import Purpose
from privacy.sealing import SealBroken
from privacy.trail.services import record

log = structlog.get_logger(__name__)

LEEWAY = timedelta(seconds=60)
"""An access token that ends sooner is refreshed before it is handed out."""
CLAIM_S = 45.0
"""Seconds for which one worker may refresh: longer than a refresh with all its retries takes."""
LONGEST_WAIT_S = 60.0
"""For another worker's refresh: longer than its claim, so that a killed worker's place is taken."""
POLL_S = 0.1

assert CLAIM_S > client.LONGEST_REFRESH_S


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
    inside a transaction. No row is locked while TikTok is asked. Raises NoConsent, CredentialLost, TikTokUnavailable,
    TikTokRateLimited.
    """
    require_service(account_id)
    return _current_token(account_id, Credential.State.ACTIVE)


def require_scope(*, account_id: int, scope: str) -> None:
    """Check, before anything is asked that needs the scope, that TikTok will not refuse it; raises ScopeMissing.

    An account without a credential passes: `access_token` tells that it is lost.
    """
    held = Credential.objects.filter(account_id=account_id).first()
    if held and scope not in held.scopes:
        raise ScopeMissing("scope_not_granted", f"{scope} was not granted, or TikTok refused it since")


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
        log.warning("scope_refused", account_id=account_id, scope=scope)


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


REVOCATIONS: dict[str, Callable[[int, Credential.State], Revoked]] = {
    TikTokAccount.Platform.TIKTOK: revoke_at_tiktok,
    TikTokAccount.Platform.FILE: lambda account_id, state: Revoked.YES,
}
"""Platform -> the function that revokes a grant there; platforms of later apps add theirs."""


def revoke_grant(account_id: int, state: Credential.State) -> Revoked:
    """Revoke the grant at the account's platform, and return whether there is none of it any more."""
    platform = TikTokAccount.objects.values_list("platform", flat=True).get(pk=account_id)
    # without the platform nobody is left to be asked
    return REVOCATIONS[platform](account_id, state) if platform in REVOCATIONS else Revoked.NEVER


def retry_revocation(*, account_id: int) -> bool:
    """Revoke a disconnected account's grant at TikTok after an earlier failure; return whether that succeeded."""
    revoked = revoke_grant(account_id, Credential.State.REVOKED) == Revoked.YES
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
    """Return a new access token, by this worker's call or by that of another one who is at it."""
    give_up_at = time.monotonic() + LONGEST_WAIT_S
    while True:
        token, claimed = _token_or_claim(account_id, state, only_if_expired=only_if_expired)
        if token is not None:
            return token
        if claimed is not None:
            return _use_refresh_token(claimed)
        if time.monotonic() > give_up_at:
            raise TikTokUnavailable("no_answer", "another worker's refresh is taking too long")
        time.sleep(POLL_S)
        # what the other worker gets is as new as what this one would have got
        only_if_expired = True


def _token_or_claim(
    account_id: int, state: Credential.State, *, only_if_expired: bool
) -> tuple[str | None, Credential | None]:
    """Return a fresh token, or the credential if this worker may refresh it now; neither while another one does."""
    # durable: inside another transaction the new tokens could be handed out and then rolled back
    with transaction.atomic(durable=True):
        credential = Credential.objects.select_for_update().filter(account_id=account_id).first()
        if credential is None or not _is_usable(credential, state):
            raise CredentialLost(account_id)
        if only_if_expired and _is_fresh(credential):
            return sealed_tokens.unseal_token(credential, "access_token"), None
        now = timezone.now()
        if credential.renewing_until is not None and credential.renewing_until > now:
            return None, None
        credential.renewing_until = now + timedelta(seconds=CLAIM_S)
        credential.save(update_fields=["renewing_until", "updated_at"])
        return None, credential


def _use_refresh_token(claimed: Credential) -> str:
    """Exchange the refresh token of a credential that this worker claimed, and return the new access token.

    Raises CredentialLost, with the state LOST, if TikTok refuses it.
    """
    try:
        grant = _ask_for_grant(claimed)
    except GrantRefused as error:
        log.warning("credential_lost", account_id=claimed.account_id, error=str(error), log_id=error.log_id)
        return _finish(claimed, None)
    except (TikTokError, SealBroken):
        Credential.objects.filter(pk=claimed.pk, renewing_until=claimed.renewing_until).update(renewing_until=None)
        raise
    return _finish(claimed, grant)


def _ask_for_grant(claimed: Credential) -> Grant:
    if not sealed_tokens.can_renew(claimed):
        raise GrantRefused("no_refresh_token", "TikTok gave no key that renews the access")
    refresh_token = sealed_tokens.unseal_token(claimed, "refresh_token")
    open_id = TikTokAccount.objects.values_list("open_id", flat=True).get(pk=claimed.account_id)
    return client.refresh(refresh_token=refresh_token, scopes=claimed.scopes, open_id=open_id)


def _finish(claimed: Credential, grant: Grant | None) -> str:
    token = _commit_outcome(claimed, grant)
    if token is None:
        raise CredentialLost(claimed.account_id)
    return token


@transaction.atomic(durable=True)
def _commit_outcome(claimed: Credential, grant: Grant | None) -> str | None:
    """Store the grant, or that there is none any more, unless other tokens came in the meantime: those are newer."""
    credential = Credential.objects.select_for_update().filter(pk=claimed.pk).first()
    if credential is None or not sealed_tokens.has_tokens(credential):
        return None
    if credential.version != claimed.version:
        return sealed_tokens.unseal_token(credential, "access_token") if credential.state == claimed.state else None
    if grant is None:
        if credential.state == Credential.State.ACTIVE:
            credential.state = Credential.State.LOST
            signals.access_lost.send(sender=Credential, account_id=credential.account_id)
        sealed_tokens.erase_tokens(credential)
        credential.renewing_until = None
        credential.save()
        return None
    sealed_tokens.store_grant(credential, grant, timezone.now())
    owner = TikTokAccount.objects.filter(pk=credential.account_id).values_list("user_id", flat=True)
    record(action=AccessEvent.Action.CHANGE, subjects=list(owner), what="keys to the account, renewed")
    # whoever disconnected it meanwhile needs the new keys for the revocation, and nobody else does
    if credential.state != claimed.state:
        return None
    return grant.access_token.get_secret_value()


def _is_usable(credential: Credential, state: Credential.State) -> bool:
    return credential.state == state and sealed_tokens.has_tokens(credential)


def _is_fresh(credential: Credential) -> bool:
    return credential.access_expires_at > timezone.now() + LEEWAY
