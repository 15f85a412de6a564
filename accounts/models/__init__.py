"""The tables of accounts, by room; may import identifiers and privacy."""

from accounts.models.credentials import Credential, place_of_token
from accounts.models.linked import FollowerCount, TikTokAccount, WebhookDelivery
from accounts.models.people import User, UserManager
from accounts.models.seats import Seat
from accounts.models.sign_ins import SignIn
from accounts.models.tokens import APIToken

__all__ = [
    "APIToken",
    "Credential",
    "FollowerCount",
    "Seat",
    "SignIn",
    "TikTokAccount",
    "User",
    "UserManager",
    "WebhookDelivery",
    "place_of_token",
]
