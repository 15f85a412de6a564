"""Invite, accept, remove and leave; each is one transaction, and stands in the owner's trail."""

import secrets
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import signals
from accounts.linked.services import lock_account
from accounts.models import Seat, User
from accounts.models.seats import MAX_NAME
from accounts.seats.selectors import digest_of, invitation_behind, seats_at
from privacy.anonymity.blanking import blank_contacts
from privacy.models import AccessEvent, Through
from privacy.trail.acting import Acting, acting
from privacy.trail.services import record

TOKEN_BYTES = 32
INVITATION_LASTS = timedelta(days=7)
MOST_SEATS = 20
"""At one account, invitations among them."""
_WHAT = "who may see your account"


class TooManySeats(ValueError):
    """The account has as many seats as one may have."""

    def __init__(self) -> None:
        super().__init__(
            _("This account has %(number)d seats, and can have no more. Remove one first.") % {"number": MOST_SEATS}
        )


class NotAccepted(ValueError):
    """The invitation was not accepted; the message says why."""


@transaction.atomic
def invite(*, account_id: int, name: str, role: Seat.Role) -> tuple[Seat, str]:
    """Invite somebody whom the owner calls `name`; return the seat and the invitation's token, which is not stored.

    Raises NoConsent, TooManySeats and TikTokAccount.DoesNotExist.
    """
    account, now = lock_account(account_id), timezone.now()
    if seats_at(account, now).count() >= MOST_SEATS:
        raise TooManySeats
    token = secrets.token_urlsafe(TOKEN_BYTES)
    seat = Seat.objects.create(
        account=account,
        name=blank_contacts(name)[:MAX_NAME],
        role=role,
        digest=digest_of(token),
        invitation_ends_at=now + INVITATION_LASTS,
    )
    record(action=AccessEvent.Action.CHANGE, subjects=[account.user_id], what=_WHAT)
    return seat, token


@transaction.atomic
def accept(*, token: str, user: User, now: datetime) -> Seat:
    """Give the invitation's seat to the person. It can be accepted once. Raises NotAccepted."""
    seat = invitation_behind(token, now).select_for_update(of=("self",)).select_related("account").first()
    if seat is None:
        raise NotAccepted(_("This invitation does not work (any more)."))
    if seat.account.user_id == user.pk:
        raise NotAccepted(_("This is your own account: you need no seat at it."))
    if Seat.objects.filter(account=seat.account, person=user, removed_at=None).exists():
        raise NotAccepted(_("You already have a seat at this account."))
    seat.person, seat.accepted_at = user, now
    seat.digest = seat.invitation_ends_at = None
    seat.save()
    _record_as_member(seat)
    signals.seat_taken.send(sender=Seat, seat=seat)
    return seat


@transaction.atomic
def remove(*, seat: Seat, now: datetime) -> None:
    """Close a seat, or an invitation, for its owner: the member's next request finds nothing."""
    _close(seat, now)
    record(action=AccessEvent.Action.CHANGE, subjects=[seat.account.user_id], what=_WHAT)


@transaction.atomic
def leave(*, seat: Seat, now: datetime) -> None:
    """Close a seat for the person who has it."""
    _close(seat, now)
    _record_as_member(seat)


def _close(seat: Seat, now: datetime) -> None:
    Seat.objects.filter(pk=seat.pk, removed_at=None).update(removed_at=now, digest=None, invitation_ends_at=None)
    signals.seat_closed.send(sender=Seat, seat=seat)


def _record_as_member(seat: Seat) -> None:
    """Record in the owner's trail what the member did, who is not the person whose trail it is."""
    with acting(lambda: Acting(AccessEvent.Actor.MEMBER, seat.trail_name, Through.PAGE)):
        record(action=AccessEvent.Action.CHANGE, subjects=[seat.account.user_id], what=_WHAT)
