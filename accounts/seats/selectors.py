"""Reads of seats: who sits at an account, and where a person sits."""

import hashlib
from datetime import datetime

from django.db.models import Q, QuerySet

from accounts.models import Seat, TikTokAccount, User
from privacy.consent.selectors import consents_to
from privacy.purposes import Purpose


def digest_of(token: str) -> str:
    """Return SHA-256 in hex of an invitation's token, which has 256 random bits."""
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()


def seats_at(account: TikTokAccount, now: datetime) -> QuerySet[Seat]:
    """Return the account's seats for its owner: those that are taken, and invitations that can still be accepted."""
    return Seat.objects.filter(
        Q(accepted_at__isnull=False) | Q(invitation_ends_at__gt=now), account=account, removed_at=None
    )


def seats_of(user: User) -> QuerySet[Seat]:
    """Return the person's seats at accounts whose owners agree to the service now; the only place that decides."""
    return Seat.objects.filter(
        consents_to(Purpose.SERVICE, "account__user"), person=user.pk, accepted_at__isnull=False, removed_at=None
    )


def seen_by(user: User, path: str = "account", *, to_write: bool = False) -> Q:
    """Return a condition: the account at the path is the person's own, or one at which they have a seat.

    `to_write`: as an editor.
    """
    seats = seats_of(user).filter(role=Seat.Role.EDITOR) if to_write else seats_of(user)
    return Q(**{f"{path}__user": user.pk}) | Q(**{f"{path}__in": seats.values("account")})


def invitation_behind(token: str, now: datetime) -> QuerySet[Seat]:
    """Return the invitation that the token accepts now; none for one that ended, or was accepted."""
    return Seat.objects.filter(
        consents_to(Purpose.SERVICE, "account__user"),
        digest=digest_of(token),
        accepted_at=None,
        removed_at=None,
        invitation_ends_at__gt=now,
    )


def names_of_members(owner_id: int) -> dict[str, str]:
    """Return "Mia (viewer)" for each seat at the person's accounts, by what stands for it in the trail."""
    seats = Seat.objects.filter(account__user=owner_id, accepted_at__isnull=False)
    return {seat.trail_name: f"{seat.name} ({seat.get_role_display().lower()})" for seat in seats}
