"""Everything that changes accounts, credentials and API tokens."""

import hashlib
import secrets
import string
from datetime import datetime, timedelta

import structlog
from django.db import OperationalError, connection, transaction
from django.utils import timezone

from accounts import credentials, signals
from accounts.models import APIToken, Credential, FollowerCount, TikTokAccount, User, WebhookDelivery
from accounts.tiktok import client
from accounts.tiktok.client import Grant, Profile
from accounts.tiktok.errors import AccessTokenInvalid, GrantRefused, TikTokError, TikTokUnavailable
from privacy.anonymity.blanking import blank_contacts
from privacy.consent.selectors import require
from privacy.erasure.hooks import Revoked
from privacy.erasure.services import request_erasure
from privacy.models import AccessEvent, Erasure, Through
from privacy.purposes import Purpose
from privacy.sealing import SealBroken
from privacy.trail.services import record

log = structlog.get_logger(__name__)

# an access token that ends sooner than this is refreshed before it is handed out
LEEWAY = timedelta(seconds=60)
# longer than one refresh with all its repetitions takes
REFRESH_LOCK_TIMEOUT_MS = 45_000

API_TOKEN_PREFIX = "pc_"  # noqa: S105 - what tokens begin with, no token
API_TOKEN_LENGTH = 40
API_TOKEN_NAME_LENGTH = 100
API_TOKEN_HINT_LENGTH = len(API_TOKEN_PREFIX) + 6


class CredentialLost(Exception):
    """There is no usable grant for the account: its creator must connect it again. The message tells them so."""

    def __init__(self, account_id: int) -> None:
        self.account_id = account_id
        super().__init__("Postcast has no access to this TikTok account any more. Please connect it again.")


class AccountBelongsToAnother(Exception):
    """The TikTok account is linked to another person, and stays theirs."""

    def __init__(self) -> None:
        super().__init__("This TikTok account is already linked to another person. Nothing was changed.")


# --- connecting and disconnecting -------------------------------------------------------------------------------------


@transaction.atomic
def connect_account(*, user: User, grant: Grant, now: datetime) -> TikTokAccount:
    """Link the TikTok account of `grant` to `user`, or renew the link, and seal its tokens.

    All that is known of a new account is TikTok's id of it, which came with the tokens and recognises its creator: the
    profile is read by the first refresh, once they consent to the service. Tells `signals.account_connected` after the
    commit. Raises AccountBelongsToAnother.
    """
    account, _ = TikTokAccount.objects.select_for_update().get_or_create(
        open_id=grant.open_id, defaults={"user": user, "connected_at": now}
    )
    if account.user_id != user.pk:
        raise AccountBelongsToAnother
    account.connected_at = now
    account.disconnected_at = None
    account.save()
    credential = Credential.objects.select_for_update().filter(account=account).first()
    credential = credential or Credential(account=account, version=0)
    credential.state = Credential.State.ACTIVE
    credentials.store_grant(credential, grant, now)
    record(action=AccessEvent.Action.CHANGE, subjects=[user.pk], what="sign-in with TikTok: account and keys to it")
    # robust: whoever listens and fails must not undo a sign-in
    transaction.on_commit(
        lambda: signals.account_connected.send(sender=TikTokAccount, account_id=account.pk), robust=True
    )
    return account


def lock_account(account_id: int) -> TikTokAccount:
    """The account, for whoever is about to write what TikTok tells of it: others wait until this transaction ends.

    Raises TikTokAccount.DoesNotExist when it was erased meanwhile, and NoConsent when its person withdrew theirs.
    """
    account = TikTokAccount.objects.select_for_update(no_key=True).get(pk=account_id)
    require(account.user_id, Purpose.SERVICE)
    return account


def require_service(account_id: int) -> None:
    """For whoever is about to fetch something of the account: NoConsent unless its person agrees to the service now.

    CredentialLost where it was erased: there is nothing to fetch with either.
    """
    user_id = TikTokAccount.objects.filter(pk=account_id).values_list("user_id", flat=True).first()
    if user_id is None:
        raise CredentialLost(account_id)
    require(user_id, Purpose.SERVICE)


def wait_for_writers(user_id: int) -> None:
    """Inside a transaction that ends a consent: wait for those who asked for it before, who hold an account's lock."""
    list(TikTokAccount.objects.select_for_update(no_key=True).filter(user=user_id).order_by("pk").values_list("pk"))


@transaction.atomic
def update_profile(*, account_id: int, profile: Profile, now: datetime) -> None:
    """Store what TikTok now says of an account."""
    account = lock_account(account_id)
    for field, value in profile.model_dump(exclude={"open_id"}).items():
        setattr(account, field, value)
    account.profile_fetched_at = now
    account.save()
    _append_follower_count(account, now)


def _append_follower_count(account: TikTokAccount, now: datetime) -> None:
    """Keep the count if it is another than the last one kept: a profile that is fetched again adds nothing.

    The caller holds the account's lock.
    """
    last = FollowerCount.objects.filter(account=account).values_list("followers", flat=True).last()
    if account.follower_count != last:
        FollowerCount.objects.create(account=account, observed_at=now, followers=account.follower_count)


def disconnect_account(*, account_id: int, now: datetime) -> None:
    """Take the grant back at TikTok and forget its tokens. Not inside a transaction: it may refresh the token first.

    Where TikTok does not answer the account counts as disconnected all the same, and its tokens are kept, unused, only
    for `retry_revocation`.
    """
    told = _revoke_at_tiktok(account_id, Credential.State.ACTIVE)
    mark_revoked(account_id=account_id, now=now, keep_tokens=told != Revoked.YES)


def end_grant(*, account_id: int, now: datetime) -> Revoked:
    """Take the grant back at TikTok, connected or not; whether TikTok knows. Without tokens there is nothing to do."""
    credential = Credential.objects.filter(account=account_id).first()
    if credential is None or not credentials.has_tokens(credential):
        return Revoked.YES
    told = _revoke_at_tiktok(account_id, Credential.State(credential.state))
    mark_revoked(account_id=account_id, now=now, keep_tokens=told != Revoked.YES)
    return told


def retry_revocation(*, account_id: int) -> bool:
    """Take a disconnected account's grant back at TikTok, where that failed before; whether that is done now."""
    told = _revoke_at_tiktok(account_id, Credential.State.REVOKED) == Revoked.YES
    if told:
        # not what its creator connected again in the meantime
        Credential.objects.filter(account_id=account_id, state=Credential.State.REVOKED).update(
            sealed_access_token=b"", sealed_refresh_token=b""
        )
    return told


@transaction.atomic
def mark_revoked(*, account_id: int, now: datetime, keep_tokens: bool = False) -> None:
    """Note that the grant was taken back, and forget its tokens."""
    account = TikTokAccount.objects.select_for_update().get(pk=account_id)
    account.disconnected_at = account.disconnected_at or now
    account.save(update_fields=["disconnected_at"])
    credential = Credential.objects.select_for_update().filter(account=account).first()
    if credential:
        credential.state = Credential.State.REVOKED
        if not keep_tokens:
            credentials.erase_tokens(credential)
        credential.save()


@transaction.atomic
def authorization_removed(
    *, open_id: str, removed_at: datetime, delivery: str, now: datetime, account_deleted: bool = False
) -> bool:
    """TikTok tells that a creator's grant ended; whether anything was done.

    Where it ended because the account was deleted there, it is erased here.

    Nothing is done for a delivery (a digest) that was acted on before, nor where the creator connected again since:
    webhooks can come days late.
    """
    _, is_first = WebhookDelivery.objects.get_or_create(digest=delivery, defaults={"event": "authorization.removed"})
    account = TikTokAccount.objects.select_for_update().filter(open_id=open_id).first()
    # TikTok tells whole seconds
    if not is_first or account is None or account.connected_at.replace(microsecond=0) > removed_at:
        return False
    mark_revoked(account_id=account.pk, now=now)
    if account_deleted:
        request_erasure(
            user_id=account.user_id,
            account_id=account.pk,
            reason=Erasure.Reason.TIKTOK,
            through=Through.WEBHOOK,
            grace=None,
        )
    record(action=AccessEvent.Action.CHANGE, subjects=[account.user_id], what="TikTok told that its access was ended")
    return True


def _revoke_at_tiktok(account_id: int, state: Credential.State) -> Revoked:
    """Whether TikTok knows now that the grant is taken back, or has no grant to take back."""
    try:
        client.revoke(access_token=_current_token(account_id, state))
    except (CredentialLost, GrantRefused, AccessTokenInvalid):
        return Revoked.YES
    except TikTokError as error:
        log.warning("revocation_failed", account_id=account_id, error=str(error), log_id=error.log_id)
        return Revoked.LATER
    except SealBroken as error:
        # the keys were rotated since the backup that this row is from: asking again would never end
        log.error("revocation_impossible", account_id=account_id, error=str(error))
        return Revoked.NEVER
    return Revoked.YES


# --- access tokens ----------------------------------------------------------------------------------------------------


def access_token(*, account_id: int) -> str:
    """A valid access token for the account, refreshed where it expires within a minute.

    However many workers ask, one refreshes; the new tokens are committed before anybody gets them, which is why this
    cannot be called inside a transaction. Raises NoConsent, CredentialLost, TikTokUnavailable, TikTokRateLimited.
    """
    require_service(account_id)
    return _current_token(account_id, Credential.State.ACTIVE)


@transaction.atomic
def invalidate_access_token(*, account_id: int, token: str) -> None:
    """TikTok refused this access token early: the next `access_token` refreshes, unless somebody did already."""
    credential = Credential.objects.select_for_update().filter(account_id=account_id).first()
    if (
        credential
        and credentials.has_tokens(credential)
        and secrets.compare_digest(credentials.unseal_token(credential, "access_token"), token)
    ):
        credential.access_expires_at = timezone.now()
        credential.save(update_fields=["access_expires_at", "updated_at"])


def renew_credential(*, account_id: int) -> None:
    """Use the refresh token, which makes the grant last longer, whether or not the access token has expired.

    Raises NoConsent, CredentialLost, TikTokError.
    """
    require_service(account_id)
    _refresh(account_id, Credential.State.ACTIVE, only_if_expired=False)


def _current_token(account_id: int, state: Credential.State) -> str:
    credential = Credential.objects.filter(account_id=account_id).first()
    if credential and _is_usable(credential, state) and _is_fresh(credential):
        return credentials.unseal_token(credential, "access_token")
    return _refresh(account_id, state)


def _refresh(account_id: int, state: Credential.State, *, only_if_expired: bool = True) -> str:
    # durable: inside another transaction the new tokens could be handed out and then rolled back
    with transaction.atomic(durable=True):
        credential = _lock_for_refresh(account_id)
        if credential is None or not _is_usable(credential, state):
            raise CredentialLost(account_id)
        if only_if_expired and _is_fresh(credential):
            # another worker refreshed while this one waited for the lock
            return credentials.unseal_token(credential, "access_token")
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
    """Store what TikTok gives for the refresh token and return the access token; None, and LOST, if it refuses."""
    try:
        grant = client.refresh(refresh_token=credentials.unseal_token(credential, "refresh_token"))
    except GrantRefused as error:
        log.warning("credential_lost", account_id=credential.account_id, error=str(error), log_id=error.log_id)
        if credential.state == Credential.State.ACTIVE:
            credential.state = Credential.State.LOST
        credentials.erase_tokens(credential)
        credential.save()
        return None
    credentials.store_grant(credential, grant, timezone.now())
    owner = TikTokAccount.objects.filter(pk=credential.account_id).values_list("user_id", flat=True)
    record(action=AccessEvent.Action.CHANGE, subjects=list(owner), what="keys to the account, renewed")
    return grant.access_token.get_secret_value()


def _is_usable(credential: Credential, state: Credential.State) -> bool:
    return credential.state == state and credentials.has_tokens(credential)


def _is_fresh(credential: Credential) -> bool:
    return credential.access_expires_at > timezone.now() + LEEWAY


# --- API tokens -------------------------------------------------------------------------------------------------------


def create_api_token(*, user: User, name: str, expires_at: datetime | None = None) -> tuple[APIToken, str]:
    """A token for a program that acts for `user`, and its plain text, which is kept nowhere: show it now.

    Contacts in its name are blanked. Raises NoConsent: without the service there is nothing for a program to do.
    """
    require(user.pk, Purpose.SERVICE)
    alphabet = string.ascii_letters + string.digits
    plain = API_TOKEN_PREFIX + "".join(secrets.choice(alphabet) for _ in range(API_TOKEN_LENGTH))
    token = APIToken.objects.create(
        user=user,
        name=blank_contacts(name)[:API_TOKEN_NAME_LENGTH],
        hint=plain[:API_TOKEN_HINT_LENGTH],
        digest=api_token_digest(plain),
        expires_at=expires_at,
    )
    return token, plain


def revoke_api_token(*, token: APIToken, now: datetime) -> None:
    """Refuse the token from now on."""
    APIToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=now)


def note_api_token_use(*, token: APIToken, now: datetime) -> None:
    """Remember when the token was last used."""
    APIToken.objects.filter(pk=token.pk).update(last_used_at=now)


def api_token_digest(plain: str) -> str:
    """SHA-256 in hex. A fast digest is enough: 238 random bits cannot be guessed."""
    return hashlib.sha256(plain.encode()).hexdigest()
