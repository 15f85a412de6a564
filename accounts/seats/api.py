"""REST views of seats: those at one's own accounts, and one's own at those of others."""

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.linked.selectors import accounts_of
from accounts.models import Seat, TikTokAccount
from accounts.seats.selectors import seats_at, seats_of
from accounts.seats.serializers import AccountSeatSerializer, NewSeatSerializer, SeatSerializer
from accounts.seats.services import TooManySeats, invite, leave, remove
from config.api.problems import Conflict
from config.api.scopes import SEATS
from config.api.views import ListView, RetrieveView, created
from config.rate_limits import Limit
from telemetry.idempotency.writes import idempotent

EXAMPLE = OpenApiExample("a client who looks", value={"name": "Mia", "role": "viewer"}, request_only=True)


def _account(request: Request, public_id: str) -> TikTokAccount:
    return get_object_or_404(accounts_of(request.user), public_id=public_id)  # type: ignore[arg-type]


@extend_schema(tags=["seats"])
class AccountSeatListView(ListView[Seat]):
    """The seats at one's own account, and invitations that wait."""

    required_scopes = SEATS
    rate_limits = {"POST": (Limit.SHARE,)}
    serializer_class = AccountSeatSerializer
    queryset = Seat.objects.none()

    def get_queryset(self) -> QuerySet[Seat]:
        return seats_at(_account(self.request, self.kwargs["public_id"]), timezone.now())

    @extend_schema(request=AccountSeatSerializer, responses={201: NewSeatSerializer}, examples=[EXAMPLE])
    @idempotent
    def post(self, request: Request, public_id: str) -> Response:
        """Invite somebody as a viewer or an editor. The address in the answer works once, for seven days."""
        account = _account(request, public_id)
        serializer = AccountSeatSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        try:
            seat, token = invite(account_id=account.pk, **serializer.validated_data)
        except TooManySeats as error:
            raise Conflict(str(error)) from error
        address = request.build_absolute_uri(reverse("accounts:join", args=[token]))
        seat.address = address  # type: ignore[attr-defined]
        return created(
            NewSeatSerializer(seat).data, reverse("api:account-seat", args=[account.public_id, seat.public_id])
        )


@extend_schema(tags=["seats"])
class AccountSeatView(RetrieveView[Seat]):
    """One seat at one's own account."""

    required_scopes = SEATS
    serializer_class = AccountSeatSerializer
    queryset = Seat.objects.none()
    lookup_field = "public_id"
    lookup_url_kwarg = "seat_id"

    def get_queryset(self) -> QuerySet[Seat]:
        account = _account(self.request, self.kwargs["public_id"])
        return seats_at(account, timezone.now()).select_related("account")

    @extend_schema(responses={204: None})
    def delete(self, request: Request, public_id: str, seat_id: str) -> Response:
        """Remove the seat: the member's next request finds nothing."""
        remove(seat=self.get_object(), now=timezone.now())
        return Response(status=status.HTTP_204_NO_CONTENT)


@extend_schema(tags=["seats"])
class SeatListView(ListView[Seat]):
    """The person's seats at accounts of others."""

    required_scopes = SEATS
    serializer_class = SeatSerializer

    def get_queryset(self) -> QuerySet[Seat]:
        return seats_of(self.request.user).select_related("account")  # type: ignore[arg-type]


@extend_schema(tags=["seats"])
class SeatView(RetrieveView[Seat]):
    """One of the person's seats."""

    required_scopes = SEATS
    serializer_class = SeatSerializer
    lookup_field = "public_id"

    def get_queryset(self) -> QuerySet[Seat]:
        return seats_of(self.request.user).select_related("account")  # type: ignore[arg-type]

    @extend_schema(responses={204: None})
    def delete(self, request: Request, public_id: str) -> Response:
        """Leave the account."""
        leave(seat=self.get_object(), now=timezone.now())
        return Response(status=status.HTTP_204_NO_CONTENT)
