"""Reads of accounts, credentials and API tokens."""

from datetime import datetime, timedelta

from django.db.models import Q, QuerySet

from accounts.models import APIToken, Credential, FollowerCount, TikTokAccount, User
from privacy.consent.selectors import consenting
from privacy.declarations.registry import require_declared
from privacy.purposes import Purpose

# how long before its end a grant is renewed
RENEWAL_WINDOW = timedelta(days=14)


def accounts_of(user: User) -> QuerySet[TikTokAccount]:
    """The person's accounts with their credentials, connected or not."""
    return TikTokAccount.objects.filter(user=user).select_related("credential")


def follower_counts(account_id: int, as_of: datetime, *, purpose: Purpose) -> list[tuple[datetime, int | None]]:
    """The account's followers by `as_of`, each count with the moment from which it is known, oldest first.

    None where TikTok was no longer allowed to tell. Raises NotDeclaredFor where counts were not collected for the
    purpose; whether their person agrees to it is for the caller to know.
    """
    require_declared(purpose, FollowerCount)
    return list(
        FollowerCount.objects.filter(account=account_id, observed_at__lte=as_of).values_list("observed_at", "followers")
    )


def credentials_to_renew(now: datetime) -> QuerySet[Credential]:
    """Active credentials whose grant ends soon, or has ended unnoticed."""
    return Credential.objects.filter(
        state=Credential.State.ACTIVE,
        refresh_expires_at__lt=now + RENEWAL_WINDOW,
        account__user__in=consenting(Purpose.SERVICE),
    ).order_by("refresh_expires_at")


def revocations_pending() -> QuerySet[Credential]:
    """Credentials that were taken back here but not yet at TikTok: only those keep their tokens."""
    return Credential.objects.filter(state=Credential.State.REVOKED).exclude(sealed_access_token=b"").order_by("pk")


def api_tokens_of(user: User) -> QuerySet[APIToken]:
    """The person's API tokens that were not revoked, newest first."""
    return APIToken.objects.filter(user=user, revoked_at=None)


def usable_api_token(digest: str, now: datetime) -> APIToken | None:
    """The token with this digest and its person, unless it is revoked or expired, or the person is switched off."""
    return (
        APIToken.objects.select_related("user")
        .filter(Q(expires_at=None) | Q(expires_at__gt=now), digest=digest, revoked_at=None, user__is_active=True)
        .first()
    )
