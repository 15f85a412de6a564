"""Pages of seats: who may see an account, an invitation, and leaving."""

from http import HTTPStatus

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from accounts.linked.local_time import use_time_zone_of
from accounts.linked.selectors import accounts_of
from accounts.linked.switcher import SignedInRequest
from accounts.seats.forms import InviteForm
from accounts.seats.selectors import invitation_behind, seats_at, seats_of
from accounts.seats.services import NotAccepted, TooManySeats, accept, invite, leave, remove
from config.rate_limits import Limit, rate_limited
from privacy.consent.selectors import require
from privacy.purposes import Purpose


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
@rate_limited(Limit.SHARE)
def seats(request: SignedInRequest, account_id: str) -> HttpResponse:
    """List the seats at an account, and invite; the invitation's address is shown this once."""
    account = get_object_or_404(accounts_of(request.user), public_id=account_id)
    require(request.user.pk, Purpose.SERVICE)
    use_time_zone_of(account)
    form, context = InviteForm(request.POST or None), {}
    if request.method == "POST" and form.is_valid():
        try:
            seat, token = invite(account_id=account.pk, **form.cleaned_data)
        except TooManySeats as error:
            form.add_error(None, str(error))
        else:
            address = request.build_absolute_uri(reverse("accounts:join", args=[token]))
            form, context = InviteForm(), {"invited": seat, "address": address}
    context |= {"account": account, "form": form, "seats": list(seats_at(account, timezone.now()))}
    return render(request, "accounts/seats.html", context)


@require_POST
@login_required
def remove_seat(request: SignedInRequest, account_id: str, seat_id: str) -> HttpResponse:
    """Close a seat at one's own account."""
    account = get_object_or_404(accounts_of(request.user), public_id=account_id)
    seat = get_object_or_404(seats_at(account, timezone.now()).select_related("account"), public_id=seat_id)
    remove(seat=seat, now=timezone.now())
    messages.success(request, _("The seat is removed. What it opened is closed from now on."))
    return redirect("accounts:seats", account.public_id)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
@rate_limited(Limit.SHARE)
def join(request: SignedInRequest, token: str) -> HttpResponse:
    """Show an invitation, and accept it."""
    now = timezone.now()
    if request.method == "POST":
        try:
            seat = accept(token=token, user=request.user, now=now)
        except NotAccepted as error:
            messages.error(request, str(error))
            return redirect("predictions:side_by_side")
        messages.success(request, _("You have a seat. What you may see of the account is below."))
        return redirect(f"{reverse('predictions:report')}?account={seat.account.public_id}")
    invitation = invitation_behind(token, now).select_related("account").first()
    context = {"seat": invitation, "is_own": invitation and invitation.account.user_id == request.user.pk}
    return render(request, "accounts/join.html", context, status=HTTPStatus.OK if invitation else HTTPStatus.NOT_FOUND)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def leave_seat(request: SignedInRequest, seat_id: str) -> HttpResponse:
    """Ask whether to leave a seat, and leave it."""
    seat = get_object_or_404(seats_of(request.user).select_related("account"), public_id=seat_id)
    if request.method == "POST":
        leave(seat=seat, now=timezone.now())
        messages.success(request, _("You have left the account."))
        return redirect("accounts:settings")
    return render(request, "accounts/leave_seat.html", {"seat": seat, "account": seat.account})
