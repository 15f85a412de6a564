"""Addresses under /api/v1/."""

from django.urls import path
from rest_framework.routers import SimpleRouter

from accounts.linked.api import AccountViewSet
from accounts.mail.api import MailAddressView, MailConsentView
from accounts.people.api import MeView
from accounts.push.api import PushKeyView, PushSubscriptionListView, PushSubscriptionView
from accounts.seats.api import AccountSeatListView, AccountSeatView, SeatListView, SeatView
from accounts.telling.api import NoticeListView, ReadAllNoticesView, ReadNoticeView
from accounts.tokens.api import APITokenViewSet
from accounts.webhooks.api import DeliveryListView, ReplayView, TestView, WebhookListView, WebhookView

router = SimpleRouter(trailing_slash=False, use_regex_path=False)
router.register("accounts", AccountViewSet, basename="account")
router.register("tokens", APITokenViewSet, basename="token")

urlpatterns = [
    path("me", MeView.as_view(), name="me"),
    path("notifications", NoticeListView.as_view(), name="notifications"),
    path("notifications/read-all", ReadAllNoticesView.as_view(), name="notifications-read-all"),
    path("notifications/<slug:public_id>/read", ReadNoticeView.as_view(), name="notification-read"),
    path("mail-address", MailAddressView.as_view(), name="mail-address"),
    path("mail-address/consent", MailConsentView.as_view(), name="mail-consent"),
    path("push-key", PushKeyView.as_view(), name="push-key"),
    path("push-subscriptions", PushSubscriptionListView.as_view(), name="push-subscriptions"),
    path("push-subscriptions/<slug:public_id>", PushSubscriptionView.as_view(), name="push-subscription"),
    path("webhooks", WebhookListView.as_view(), name="webhooks"),
    path("webhooks/<slug:public_id>", WebhookView.as_view(), name="webhook"),
    path("webhooks/<slug:public_id>/test", TestView.as_view(), name="webhook-test"),
    path("webhooks/<slug:public_id>/deliveries", DeliveryListView.as_view(), name="webhook-deliveries"),
    path(
        "webhooks/<slug:public_id>/deliveries/<slug:delivery_id>/replay", ReplayView.as_view(), name="delivery-replay"
    ),
    path("seats", SeatListView.as_view(), name="seats"),
    path("seats/<slug:public_id>", SeatView.as_view(), name="seat"),
    path("accounts/<slug:public_id>/seats", AccountSeatListView.as_view(), name="account-seats"),
    path("accounts/<slug:public_id>/seats/<slug:seat_id>", AccountSeatView.as_view(), name="account-seat"),
    *router.urls,
]
