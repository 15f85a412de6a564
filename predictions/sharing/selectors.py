"""Reads of links: a person's own, and the one that an address opens."""

import hashlib
from datetime import datetime

from django.db.models import QuerySet

from accounts.models import User
from predictions.models import SharedLink
from privacy.consent.selectors import consents_to
from privacy.purposes import Purpose


def digest_of(token: str) -> str:
    """Return SHA-256 in hex. A fast digest is enough: 256 random bits cannot be guessed."""
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()


def links_of(user: User) -> QuerySet[SharedLink]:
    """Return the links of the person's accounts, newest first, those that ended among them."""
    return SharedLink.objects.filter(account__user=user.pk).select_related("account", "prediction")


def alive(links: QuerySet[SharedLink], now: datetime) -> QuerySet[SharedLink]:
    """Return those of the links that are neither revoked nor expired."""
    return links.filter(revoked_at=None, expires_at__gt=now)


def link_behind(token: str, now: datetime) -> SharedLink | None:
    """Return the link that the token opens now; None for one that ended, or without consent. One query."""
    agreed = SharedLink.objects.filter(consents_to(Purpose.SERVICE, "account__user"), digest=digest_of(token))
    return alive(agreed, now).select_related("account__user", "prediction__outcome").first()
