"""Tell of what accounts and privacy say by a signal: lost connections, accepted invitations, copies that are ready."""

from typing import Any

from django.dispatch import receiver
from django.urls import reverse

from accounts import signals
from accounts.models import Notice, Seat, TikTokAccount
from accounts.telling.services import tell, tell_of_another, withdraw_notice, withdraw_of_account
from privacy.export.services import export_ready
from privacy.models import DataExport


@receiver(signals.access_lost)
def tell_of_lost_access(account_id: int, **_: Any) -> None:
    """Tell the account's person, in the transaction that stores the loss."""
    account = TikTokAccount.objects.get(pk=account_id)
    tell(
        user_id=account.user_id,
        kind=Notice.Kind.CONNECTION_LOST,
        about=account.public_id,
        link=reverse("accounts:settings"),
        account_id=account.pk,
    )


@receiver(signals.account_connected)
def withdraw_lost_access(account_id: int, **_: Any) -> None:
    """Withdraw what was told of an account that is connected again; it may be lost anew."""
    account = TikTokAccount.objects.get(pk=account_id)
    withdraw_notice(user_id=account.user_id, kind=Notice.Kind.CONNECTION_LOST, about=account.public_id)


@receiver(signals.seat_taken)
def tell_of_seat(seat: Seat, **_: Any) -> None:
    """Tell the account's owner; the notice names nobody, and so need not be erased with who accepted."""
    tell_of_another(
        user_id=seat.account.user_id,
        kind=Notice.Kind.SEAT_TAKEN,
        about=seat.account.public_id,
        link=reverse("accounts:seats", args=[seat.account.public_id]),
        account_id=seat.account_id,
    )


@receiver(signals.seat_closed)
def withdraw_from_member(seat: Seat, **_: Any) -> None:
    """Withdraw what the member was told of the account: its links lead nowhere from now on."""
    if seat.person_id is not None:
        withdraw_of_account(user_id=seat.person_id, account_id=seat.account_id)


@receiver(export_ready)
def tell_of_copy(export: DataExport, **_: Any) -> None:
    """Tell the person, in the transaction that makes the copy ready."""
    tell(
        user_id=export.user_id,
        kind=Notice.Kind.EXPORT_READY,
        about=export.public_id,
        link=reverse("privacy:export"),
    )
