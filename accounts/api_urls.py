"""Addresses under /api/v1/."""

from django.urls import path
from rest_framework.routers import SimpleRouter

from accounts.linked.api import AccountViewSet
from accounts.people.api import MeView
from accounts.seats.api import AccountSeatListView, AccountSeatView, SeatListView, SeatView
from accounts.tokens.api import APITokenViewSet

router = SimpleRouter(trailing_slash=False, use_regex_path=False)
router.register("accounts", AccountViewSet, basename="account")
router.register("tokens", APITokenViewSet, basename="token")

urlpatterns = [
    path("me", MeView.as_view(), name="me"),
    path("seats", SeatListView.as_view(), name="seats"),
    path("seats/<slug:public_id>", SeatView.as_view(), name="seat"),
    path("accounts/<slug:public_id>/seats", AccountSeatListView.as_view(), name="account-seats"),
    path("accounts/<slug:public_id>/seats/<slug:seat_id>", AccountSeatView.as_view(), name="account-seat"),
    *router.urls,
]
