"""Link, update and disconnect TikTok accounts; each change is one transaction."""

import secrets
from collections.abc import Mapping
from datetime import datetime

from celery import current_app
from django.db import transaction

from accounts import signals
from accounts.credentials import sealed_tokens
from accounts.credentials.services import revoke_grant
from accounts.linked.time_zones import require_time_zone
from accounts.models import Credential, FollowerCount, TikTokAccount, User, WebhookDelivery
from accounts.tiktok.client import Grant, Profile
from privacy.consent.selectors import require
from privacy.erasure.hooks import Revoked
from privacy.erasure.services import request_erasure
from privacy.models import AccessEvent, Erasure, Through
from privacy.purposes import Purpose
from privacy.trail.services import record


class AccountBelongsToAnother(Exception):
    """Raised for a TikTok account that is linked to another person, and stays theirs."""

    def __init__(self) -> None:
        super().__init__("This TikTok account is already linked to another person. Nothing was changed.")


@transaction.atomic
def connect_account(*, user: User, grant: Grant, now: datetime) -> TikTokAccount:
    """Link the TikTok account of `grant` to `user`, or renew the link, and seal its tokens.

    Stores only TikTok's id of a new account, which came with the tokens: the first refresh reads the profile, once its
    creator consents to the service. Sends `signals.account_connected` after the commit. Raises AccountBelongsToAnother.
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
    # robust: a receiver that fails must not undo the sign-in
    transaction.on_commit(
        lambda: signals.account_connected.send(sender=TikTokAccount, account_id=account.pk), robust=True
    )
    return account


def open_file_account(*, user: User, now: datetime) -> TikTokAccount:
    """Make the account of a person whose posts come from their files alone; the caller is in a transaction."""
    record(action=AccessEvent.Action.CHANGE, subjects=[user.pk], what="an account for posts from files")
    return TikTokAccount.objects.create(
        user=user,
        platform=TikTokAccount.Platform.FILE,
        # TikTok's ids have no colon
        open_id=f"file:{secrets.token_hex(16)}",
        connected_at=now,
    )


def store_followers(account: TikTokAccount, counts: Mapping[datetime, int]) -> bool:
    """Store follower counts that a file tells of an account which is never fetched; return whether any was new.

    The caller holds the account's lock. A moment that has a count keeps it, and a count that did not change adds no
    row.
    """
    if account.platform != TikTokAccount.Platform.FILE:
        return False
    known = dict(FollowerCount.objects.filter(account=account).values_list("observed_at", "followers"))
    added = []
    for observed_at in sorted(counts.keys() - known.keys()):
        before = max((at for at in known if at < observed_at), default=None)
        if before is None or known[before] != counts[observed_at]:
            known[observed_at] = counts[observed_at]
            added.append(FollowerCount(account=account, observed_at=observed_at, followers=counts[observed_at]))
    FollowerCount.objects.bulk_create(added)
    if added:
        account.follower_count = known[max(known)]
        account.save(update_fields=["follower_count"])
    return bool(added)


def lock_account(account_id: int) -> TikTokAccount:
    """Lock the account's row until the transaction ends, to write what TikTok says of the account; return it.

    Raises TikTokAccount.DoesNotExist if it was erased meanwhile, and NoConsent if its person withdrew their consent.
    """
    account = TikTokAccount.objects.select_for_update(no_key=True).get(pk=account_id)
    require(account.user_id, Purpose.SERVICE)
    return account


@transaction.atomic
def choose_time_zone(*, account_id: int, name: str) -> None:
    """Store the time zone (IANA name) that the person chose for the account, or "" for none.

    Sends `signals.time_zone_chosen` after the commit. Raises UnknownTimeZone and NoConsent.
    """
    require_time_zone(name)
    account = lock_account(account_id)
    account.time_zone = name
    account.save(update_fields=["time_zone"])
    record(action=AccessEvent.Action.CHANGE, subjects=[account.user_id], what="the time zone of an account")
    transaction.on_commit(
        lambda: signals.time_zone_chosen.send(sender=TikTokAccount, account_id=account_id), robust=True
    )


def wait_for_writers(user_id: int) -> None:
    """Wait, in a transaction that ends a consent, for writers that asked for it before: they hold an account's lock."""
    list(TikTokAccount.objects.select_for_update(no_key=True).filter(user=user_id).order_by("pk").values_list("pk"))


@transaction.atomic
def update_profile(*, account_id: int, profile: Profile, now: datetime) -> None:
    """Store the profile and counts that TikTok gives now; what it gives and cannot be read stays as it was."""
    account = lock_account(account_id)
    for field, value in profile.model_dump(exclude={"open_id", *profile.unreadable}).items():
        setattr(account, field, value)
    account.profile_fetched_at = now
    account.save()
    _append_follower_count(account, now)


def _append_follower_count(account: TikTokAccount, now: datetime) -> None:
    """Store the follower count if it differs from the last one stored; the caller holds the account's lock."""
    last = FollowerCount.objects.filter(account=account).values_list("followers", flat=True).last()
    if account.follower_count != last:
        FollowerCount.objects.create(account=account, observed_at=now, followers=account.follower_count)


def disconnect_account(*, account_id: int, now: datetime) -> None:
    """Disconnect the account at once; a task revokes the grant at TikTok, and deletes its tokens when that is done.

    Nobody waits for TikTok here. A message that is lost only delays the revocation until the next hour's run.
    """
    mark_revoked(account_id=account_id, now=now, keep_tokens=True)
    transaction.on_commit(lambda: current_app.send_task("accounts.tasks.retry_revocation", [account_id]), robust=True)


def end_grant(*, account_id: int, now: datetime) -> Revoked:
    """Revoke the grant at the platform, if there are tokens of it, and return whether none of it is left there."""
    credential = Credential.objects.filter(account=account_id).first()
    if credential is None or not sealed_tokens.has_tokens(credential):
        return Revoked.YES
    confirmed = revoke_grant(account_id, Credential.State(credential.state))
    mark_revoked(account_id=account_id, now=now, keep_tokens=confirmed != Revoked.YES)
    return confirmed


@transaction.atomic
def mark_revoked(*, account_id: int, now: datetime, keep_tokens: bool = False) -> None:
    """Store that the grant was revoked, and delete its tokens unless `keep_tokens`."""
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
    """End the grant that TikTok says has ended, and return whether anything was done.

    Requests the account's erasure if it was deleted at TikTok. Does nothing for a delivery (a digest) that was acted on
    before, nor if the creator connected again since: webhooks can come days late.
    """
    _, is_first = WebhookDelivery.objects.get_or_create(digest=delivery, defaults={"event": "authorization.removed"})
    account = TikTokAccount.objects.select_for_update().filter(open_id=open_id).first()
    # TikTok gives whole seconds
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
    else:
        signals.access_lost.send(sender=TikTokAccount, account_id=account.pk)
    record(action=AccessEvent.Action.CHANGE, subjects=[account.user_id], what="TikTok told that its access was ended")
    return True
