"""Read credentials that need work."""

from datetime import datetime, timedelta

from django.db.models import QuerySet

from accounts.models import Credential
from privacy.consent.selectors import consenting
from privacy.purposes import Purpose

RENEWAL_WINDOW = timedelta(days=14)
"""Time before its end at which a grant is renewed."""


def credentials_to_renew(now: datetime) -> QuerySet[Credential]:
    """Return active credentials whose grant ends within two weeks, or has ended unnoticed."""
    return Credential.objects.filter(
        state=Credential.State.ACTIVE,
        refresh_expires_at__lt=now + RENEWAL_WINDOW,
        account__user__in=consenting(Purpose.SERVICE),
    ).order_by("refresh_expires_at")


def revocations_pending() -> QuerySet[Credential]:
    """Return credentials that were revoked here but not yet at TikTok: only those keep their tokens."""
    return Credential.objects.filter(state=Credential.State.REVOKED).exclude(sealed_access_token=b"").order_by("pk")
