"""The page of accounts side by side."""

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.linked.switcher import SignedInRequest
from accounts.seats.access import open_all
from accounts.seats.selectors import seats_of
from predictions.side_by_side.rows import account_rows


@require_safe
@login_required
def side_by_side(request: SignedInRequest) -> HttpResponse:
    """Show how each account that the person sees did last week."""
    linked = open_all(request)
    if not linked:
        return redirect("posts:home")
    seats = {seat.account_id: seat for seat in seats_of(request.user)}
    rows = [(row, seats.get(row.account.pk)) for row in account_rows(linked, timezone.now())]
    return render(request, "side_by_side/side_by_side.html", {"rows": rows})
