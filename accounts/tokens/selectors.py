"""Read API tokens."""

from datetime import datetime

from django.db.models import Q, QuerySet

from accounts.models import APIToken, User


def api_tokens_of(user: User) -> QuerySet[APIToken]:
    """Return the person's API tokens that were not revoked, newest first."""
    return APIToken.objects.filter(user=user, revoked_at=None)


def usable_api_token(digest: str, now: datetime) -> APIToken | None:
    """Return the token with this digest and its person; None if it is revoked or expired, or the person inactive."""
    return (
        APIToken.objects.select_related("user")
        .filter(Q(expires_at=None) | Q(expires_at__gt=now), digest=digest, revoked_at=None, user__is_active=True)
        .first()
    )
