"""Opening accounts that are one's own, or at which one has a seat: the only way in for members.

    opened = open_account(request, draft.account, to_write=True)

Another's account raises Http404, as `AccessEnded` where the person once had a seat; what a viewer may see but not
change raises PermissionDenied.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404
from rest_framework.request import Request

from accounts.linked.local_time import use_time_zone_of
from accounts.linked.switcher import LinkedAccount, SignedInRequest, connection_of, linked_accounts
from accounts.models import Seat, TikTokAccount, User
from accounts.seats.selectors import seats_of
from privacy.trail.members import note_member


class AccessEnded(Http404):
    """The person had a seat at the account, and may see it no longer. The page of 404 knows it by this name."""


@dataclass(frozen=True, slots=True)
class OpenedAccount:
    """An account with the role of whoever opened it."""

    account: TikTokAccount
    role: Seat.Role | None
    """None: the owner."""

    @property
    def is_owner(self) -> bool:
        """Whether it is the person's own."""
        return self.role is None

    @property
    def may_edit(self) -> bool:
        """Whether they may write drafts."""
        return self.role != Seat.Role.VIEWER


def open_account(request: HttpRequest | Request, account: TikTokAccount, *, to_write: bool = False) -> OpenedAccount:
    """Return the account as opened by the person of the request; note in the request what a member opened."""
    user: Any = request.user
    if account.user_id == user.pk:
        # known already: not to be asked of the database again
        account.user = user
        return OpenedAccount(account, None)
    seat = seats_of(user).filter(account=account.pk).first()
    if seat is None:
        raise AccessEnded if account.pk in _once_seen(user).values_list("account", flat=True) else Http404
    role = Seat.Role(seat.role)
    if to_write and role is Seat.Role.VIEWER:
        raise PermissionDenied
    note_member(request, owner=account.user_id, member=seat.trail_name)
    return OpenedAccount(account, role)


def open_named(request: HttpRequest | Request, public_id: str, *, to_write: bool = False) -> OpenedAccount:
    """Return the account of that id as `open_account` does."""
    account = get_object_or_404(TikTokAccount.objects.select_related("credential", "user"), public_id=public_id)
    return open_account(request, account, to_write=to_write)


def open_all(request: HttpRequest | Request) -> list[LinkedAccount]:
    """Return the person's accounts, then all those at which they have a seat, as opened. Two queries."""
    user: Any = request.user
    seats = list(_seats(user))
    for seat in seats:
        note_member(request, owner=seat.account.user_id, member=seat.trail_name)
    return [*linked_accounts(user), *map(_linked, seats)]


def note_opened(request: HttpRequest | Request, accounts: Iterable[TikTokAccount]) -> None:
    """Note in the request that a member reads rows of these accounts. At most one query."""
    user: Any = request.user
    others = {account.pk for account in accounts if account.user_id != user.pk}
    if others:
        for seat in seats_of(user).filter(account__in=others).select_related("account"):
            note_member(request, owner=seat.account.user_id, member=seat.trail_name)


def choose_seen_account(
    request: SignedInRequest, *, to_write: bool = False
) -> tuple[OpenedAccount | None, list[LinkedAccount]]:
    """Return the account that `?account=` names, by default the first, and all that the person sees; 404 for others.

    From then on the request's times are in the account's time zone.
    """
    linked = [*linked_accounts(request.user), *map(_linked, _seats(request.user))]
    wanted = request.GET.get("account")
    named = [each for each in linked if each.account.public_id == wanted] if wanted else linked[:1]
    if wanted and not named:
        once = _once_seen(request.user).values_list("account__public_id", flat=True)
        raise AccessEnded if wanted in once else Http404
    if not named:
        return None, linked
    [chosen] = named
    opened = open_account(request, chosen.account, to_write=to_write)
    use_time_zone_of(chosen.account)
    return opened, linked


def _once_seen(user: User) -> QuerySet[Seat]:
    return Seat.objects.filter(person=user.pk)


def _seats(user: User) -> QuerySet[Seat]:
    return seats_of(user).select_related("account__credential", "account__user").order_by("pk")


def _linked(seat: Seat) -> LinkedAccount:
    return LinkedAccount(seat.account, connection_of(seat.account))
