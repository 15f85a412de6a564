"""Link, update and disconnect TikTok accounts; each change is one transaction."""

from datetime import datetime

from django.db import transaction

from accounts import signals
from accounts.credentials import sealed_tokens
from accounts.credentials.services import revoke_at_tiktok
from accounts.models import Credential, FollowerCount, TikTokAccount, User, WebhookDelivery
from accounts.tiktok.client import Grant, Profile
from privacy.consent import require
from privacy.erasing import Told, request_erasure
from privacy.models import AccessEvent, Erasure, Through
from privacy.purposes import Purpose
from privacy.trail import record


class AccountBelongsToAnother(Exception):
    """The TikTok account is linked to another person, and stays theirs."""

    def __init__(self) -> None:
        super().__init__("This TikTok account is already linked to another person. Nothing was changed.")


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
    sealed_tokens.store_grant(credential, grant, now)
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
    told = revoke_at_tiktok(account_id, Credential.State.ACTIVE)
    mark_revoked(account_id=account_id, now=now, keep_tokens=told != Told.YES)


def end_grant(*, account_id: int, now: datetime) -> Told:
    """Take the grant back at TikTok, connected or not; whether TikTok knows. Without tokens there is nothing to do."""
    credential = Credential.objects.filter(account=account_id).first()
    if credential is None or not sealed_tokens.has_tokens(credential):
        return Told.YES
    told = revoke_at_tiktok(account_id, Credential.State(credential.state))
    mark_revoked(account_id=account_id, now=now, keep_tokens=told != Told.YES)
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
            sealed_tokens.erase_tokens(credential)
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
