"""The tables of accounts, by room; may import identifiers and privacy."""

from accounts.models.credentials import Credential, place_of_token
from accounts.models.linked import FollowerCount, TikTokAccount, WebhookDelivery
from accounts.models.mail import MailAddress
from accounts.models.people import User, UserManager
from accounts.models.push import PushSubscription
from accounts.models.seats import Seat
from accounts.models.sign_ins import SignIn
from accounts.models.telling import Delivery, Notice, Webhook, place_of_secret
from accounts.models.tokens import APIToken

__all__ = [
    "APIToken",
    "Credential",
    "Delivery",
    "FollowerCount",
    "MailAddress",
    "Notice",
    "PushSubscription",
    "Seat",
    "SignIn",
    "TikTokAccount",
    "User",
    "UserManager",
    "Webhook",
    "WebhookDelivery",
    "place_of_secret",
    "place_of_token",
]
