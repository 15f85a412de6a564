"""Our own tables: people, TikTok accounts, sealed keys to those, API tokens, webhooks."""

from datetime import timedelta
from functools import partial

from django.db.models import Model

from accounts.credentials.sealed_tokens import place_of
from accounts.data_map.words import ACCOUNT, KEYS, SIGN_IN, TOKENS, UNTIL_DISCONNECTED, WORK
from accounts.models import APIToken, Credential
from privacy.declarations.kinds import Expiry, Table
from privacy.purposes import WHILE_ACTIVE, Basis, Purpose, Retention, Source


def _is_held(token: str) -> "dict[str, object]":
    """A sealed token is exported as whether one is held: the key itself belongs in no file."""

    def held(row: Model) -> str:
        assert isinstance(row, Credential)
        return "held, sealed" if getattr(row, token) else "none"

    return {token: held}


def _digest(row: Model) -> str:
    assert isinstance(row, APIToken)
    return "a digest that recognises the token"


def _password(row: Model) -> str:
    return "a password's hash" if row.has_usable_password() else "none: you sign in with TikTok"  # type: ignore[attr-defined]


TABLES: tuple[Table, ...] = (
    Table(
        "accounts.User",
        identifying=("username",),
        source=Source.PERSON,
        made_by=("accounts.sign_in.adapters",),
        category=SIGN_IN,
        purposes=(Purpose.SERVICE,),
        why="To know that it is you",
        retention=WHILE_ACTIVE,
        person="pk",
        personal={
            "id": "The number of your row here",
            "username": "A random name that stands for you here; staff choose theirs",
            "password": "Whether a password is kept: only staff have one",
            "last_login": "When you last signed in",
            "date_joined": "When you first signed in",
            "is_active": "Whether you may sign in",
            "is_staff": "Whether you are staff of this service",
            "is_superuser": "Whether you are staff with every permission",
        },
        exported={"password": _password},
    ),
    Table(
        "accounts.TikTokAccount",
        identifying=("public_id", "open_id", "union_id"),
        sought_inside=("public_id", "open_id", "union_id"),
        called=("display_name", "username"),
        source=Source.TIKTOK,
        made_by=("accounts.linked.services", "accounts.tiktok.client"),
        category=ACCOUNT,
        purposes=(Purpose.SERVICE, Purpose.LEARNING),
        why="To know whose posts these are, and how large the account is",
        retention=WHILE_ACTIVE,
        person="user",
        account="pk",
        personal={
            "id": "The number of the account's row here",
            "public_id": "The account's id in this service's pages and API",
            "user_id": "The person who linked it",
            "open_id": "TikTok's id of the account for this service",
            "union_id": "TikTok's id of the account for all services of whoever runs this one",
            "display_name": "The name that TikTok shows",
            "username": "The user name on TikTok",
            "is_verified": "Whether TikTok verified the account",
            "follower_count": "Followers when last fetched",
            "following_count": "Accounts followed when last fetched",
            "likes_count": "Likes of all posts when last fetched",
            "video_count": "Public posts when last fetched",
            "profile_fetched_at": "When these were last fetched",
            "connected_at": "When you last connected the account",
            "disconnected_at": "When it was disconnected; empty while it is connected",
            "created_at": "When you first connected it",
        },
    ),
    Table(
        "accounts.FollowerCount",
        source=Source.TIKTOK,
        made_by=("accounts.linked.services", "accounts.tiktok.client"),
        category=ACCOUNT,
        purposes=(Purpose.SERVICE, Purpose.LEARNING),
        why="How large the account was when a post was published",
        retention=WHILE_ACTIVE,
        person="account__user",
        account="account",
        personal={
            "account_id": "The account",
            "observed_at": "When it was first found to have so many followers",
            "followers": "Followers from then on; empty where TikTok was no longer allowed to tell",
        },
        plain={"id": "key"},
    ),
    Table(
        "accounts.Credential",
        sealed={
            f"sealed_{token}": partial(place_of, token=token)  # a lambda would see only the last of them
            for token in ("access_token", "refresh_token")
        },
        source=Source.TIKTOK,
        made_by=("accounts.credentials.sealed_tokens", "privacy.sealing"),
        category=KEYS,
        purposes=(Purpose.SERVICE,),
        why="To read your posts. They are encrypted, and shown to nobody, staff included",
        retention=UNTIL_DISCONNECTED,
        person="account__user",
        account="account",
        personal={
            "account_id": "The account that they open",
            "sealed_access_token": "Whether an access key is held: whoever had it could read your account",
            "sealed_refresh_token": "Whether a key that renews it is held",
            "access_expires_at": "When the access key ends",
            "refresh_expires_at": "When the key that renews it ends",
            "scopes": "What you allowed on TikTok's page",
            "state": "Whether they are in use, were taken back, or are refused by TikTok",
            "updated_at": "When they last changed",
        },
        plain={"id": "key", "version": "how often the keys were replaced"},
        exported={**_is_held("sealed_access_token"), **_is_held("sealed_refresh_token")},  # type: ignore[dict-item]
    ),
    Table(
        "accounts.APIToken",
        expires=(
            Expiry("revoked_at", timedelta(days=30)),
            Expiry("expires_at", timedelta(days=30)),
        ),
        source=Source.PERSON,
        made_by=("accounts.tokens.services",),
        category=TOKENS,
        purposes=(Purpose.SERVICE,),
        why="To let your programs in. The token itself is not kept, only what recognises it",
        retention=Retention("until 30 days after it was revoked or expired, and never longer than your account here"),
        person="user",
        personal={
            "user_id": "The person who made it",
            "name": "The name that you gave it",
            "hint": "Its first characters",
            "digest": "What recognises it; the token cannot be read from that",
            "created_at": "When you made it",
            "expires_at": "When it ends",
            "last_used_at": "When a program last used it",
            "revoked_at": "When you revoked it",
        },
        plain={"id": "key"},
        exported={"digest": _digest},
    ),
    Table(
        "accounts.WebhookDelivery",
        expires=(Expiry("received_at", timedelta(days=90)),),
        category=WORK,
        purposes=(Purpose.SERVICE,),
        why="To act only once on each message of TikTok",
        basis=Basis.LEGITIMATE_INTEREST,
        retention=Retention("90 days", timedelta(days=90)),
        plain={
            "id": "key",
            "digest": "SHA-256 of the message",
            "event": "kind of the message",
            "received_at": "when it came",
        },
        erased="kept: it names nobody",
    ),
)
