"""What signing in keeps: people, TikTok accounts, the sealed keys to those, API tokens, and tables of libraries."""

from datetime import timedelta
from functools import partial

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session
from django.db.models import Model, Q

from accounts.credentials import place_of
from accounts.models import APIToken, Credential
from privacy.declarations.kinds import Declaration, Expiry, Messages, RedisKeys, Subject, Table
from privacy.purposes import WHILE_ACTIVE, Basis, Purpose, Retention, Source

ACCOUNT = "Your TikTok account: its ids, name, user name, whether it is verified, and its public totals"
SIGN_IN = "Your sign-in: a random name for you here, when you first and last signed in, and a cookie's session"
KEYS = "The keys that TikTok gave us for your account"
TOKENS = "API tokens that you made: their names, first characters, when made and last used"
STAFF = "What staff of this service are allowed to do, and what they did"
NEVER_FILLED = "Tables of a library that stay empty"
WORK = "Bookkeeping of the service itself"
LIMITS = "How often the service was called of late, by you or from your IP address"
WAITING = "Work that waits to be done for you"

UNTIL_DISCONNECTED = Retention("until you disconnect, once TikTok has confirmed that, or until TikTok ends them")
NEVER = Retention("never written")
KEPT = Retention("kept: it concerns nobody who signs in with TikTok")


def _is_held(token: str) -> "dict[str, object]":
    """A sealed token is exported as whether one is held: the key itself belongs in no file."""

    def held(row: Model) -> str:
        assert isinstance(row, Credential)
        return "held, sealed" if getattr(row, token) else "none"

    return {token: held}


def _session(row: Model) -> dict[str, object]:
    assert isinstance(row, Session)
    secrets = ("_auth_user_hash", "_csrftoken", "otp_device_id")
    return {name: value for name, value in row.get_decoded().items() if name not in secrets}


def sessions_of(subject: Subject) -> Q:
    """A session names its person only inside its signed data."""
    if not subject.whole:
        return Q(pk__in=())
    person = str(subject.user_id)
    rows = Session.objects.iterator(chunk_size=2_000)
    return Q(pk__in=[row.pk for row in rows if row.get_decoded().get(SESSION_KEY) == person])


def staff_log_of(subject: Subject) -> Q:
    """What the person did as staff, and what staff did with the rows of the person and their accounts."""
    accounts = Q(content_type__app_label="accounts", content_type__model="tiktokaccount")
    about = accounts & Q(object_id__in=[str(each) for each in subject.account_ids])
    if not subject.whole:
        return about
    person = Q(content_type__app_label="accounts", content_type__model="user", object_id=str(subject.user_id))
    return about | person | Q(user=subject.user_id)


def _digest(row: Model) -> str:
    assert isinstance(row, APIToken)
    return "a digest that recognises the token"


def _password(row: Model) -> str:
    return "a password's hash" if row.has_usable_password() else "none: you sign in with TikTok"  # type: ignore[attr-defined]


DATA_MAP: tuple[Declaration, ...] = (
    Table(
        "accounts.User",
        identifying=("username",),
        source=Source.PERSON,
        made_by=("accounts.adapters",),
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
        made_by=("accounts.services", "accounts.tiktok.client"),
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
        made_by=("accounts.services", "accounts.tiktok.client"),
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
        made_by=("accounts.credentials", "privacy.sealing"),
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
        made_by=("accounts.services",),
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
    # --- tables of libraries ------------------------------------------------------------------------------------------
    Table(
        "socialaccount.SocialAccount",
        category=SIGN_IN,
        purposes=(Purpose.SERVICE,),
        why="To recognise your TikTok account when you sign in",
        retention=WHILE_ACTIVE,
        person="user",
        personal={
            "user_id": "The person who signs in with it",
            "provider": "Where you sign in: TikTok",
            "uid": "TikTok's id of the account for this service",
            "last_login": "When you last signed in with it",
            "date_joined": "When you first signed in with it",
            "extra_data": "What the library keeps of the sign-in",
        },
        plain={"id": "key"},
    ),
    Table(
        "sessions.Session",
        found_by=sessions_of,
        expires=(Expiry("expire_date", timedelta(days=0)),),
        category=SIGN_IN,
        purposes=(Purpose.SERVICE,),
        why="To keep you signed in",
        basis=Basis.LEGITIMATE_INTEREST,
        retention=Retention("30 days after you signed in, or until you sign out"),
        personal={
            "session_data": "What it remembers: the number of your row, how and when you signed in, what to tell you",
            "expire_date": "When it ends",
        },
        plain={"session_key": "random key, in your cookie"},
        exported={"session_data": _session},
    ),
    Table(
        "admin.LogEntry",
        found_by=staff_log_of,
        category=STAFF,
        of_staff=True,
        purposes=(Purpose.SERVICE,),
        why="To know what staff did in the admin",
        basis=Basis.LEGITIMATE_INTEREST,
        retention=Retention("as long as the member of staff, and the person whose row it was, have an account"),
        person="user",
        personal={
            "user_id": "The member of staff",
            "action_time": "When",
            "content_type_id": "On which table",
            "object_id": "On which row",
            "object_repr": "What the row was called; of rows of people only their numbers",
            "action_flag": "Whether it was added, changed or deleted",
            "change_message": "Which fields changed",
        },
        plain={"id": "key"},
    ),
    Table(
        "accounts.User_groups",
        category=STAFF,
        of_staff=True,
        purposes=(Purpose.SERVICE,),
        why="The roles of staff",
        basis=Basis.LEGITIMATE_INTEREST,
        retention=Retention("as long as the member of staff has an account"),
        person="user",
        personal={"user_id": "The member of staff", "group_id": "The role"},
        plain={"id": "key"},
    ),
    Table(
        "accounts.User_user_permissions",
        category=STAFF,
        of_staff=True,
        purposes=(Purpose.SERVICE,),
        why="Permissions of staff beyond their roles",
        basis=Basis.LEGITIMATE_INTEREST,
        retention=Retention("as long as the member of staff has an account"),
        person="user",
        personal={"user_id": "The member of staff", "permission_id": "The permission"},
        plain={"id": "key"},
    ),
    Table(
        "otp_totp.TOTPDevice",
        category=STAFF,
        of_staff=True,
        purposes=(Purpose.SERVICE,),
        why="The second factor of staff",
        basis=Basis.LEGITIMATE_INTEREST,
        retention=Retention("as long as the member of staff has an account"),
        person="user",
        personal={"user_id": "The member of staff", "name": "What the device is called", "key": "Its secret"},
        plain={
            **{"id": "key", "confirmed": "whether it was set up", "step": "", "t0": "", "digits": "", "tolerance": ""},
            **{"drift": "", "last_t": "", "throttling_failure_timestamp": "", "throttling_failure_count": ""},
            **{"created_at": "", "last_used_at": ""},
        },
    ),
    Table(
        "otp_static.StaticDevice",
        category=STAFF,
        of_staff=True,
        purposes=(Purpose.SERVICE,),
        why="The recovery codes of staff",
        basis=Basis.LEGITIMATE_INTEREST,
        retention=Retention("as long as the member of staff has an account"),
        person="user",
        personal={"user_id": "The member of staff", "name": "What they are called"},
        plain={
            **{"id": "key", "confirmed": "", "throttling_failure_timestamp": "", "throttling_failure_count": ""},
            **{"created_at": "", "last_used_at": ""},
        },
    ),
    Table(
        "otp_static.StaticToken",
        category=STAFF,
        of_staff=True,
        purposes=(Purpose.SERVICE,),
        why="The recovery codes of staff",
        basis=Basis.LEGITIMATE_INTEREST,
        retention=Retention("until it was used"),
        person="device__user",
        personal={"device_id": "Whose", "token": "The code"},
        plain={"id": "key"},
    ),
    Table(
        "auth.Group",
        category=STAFF,
        purposes=(Purpose.SERVICE,),
        why="The names of roles",
        basis=Basis.LEGITIMATE_INTEREST,
        retention=KEPT,
        plain={"id": "key", "name": "the role"},
        erased="kept: it names nobody",
    ),
    Table(
        "auth.Group_permissions",
        category=STAFF,
        purposes=(Purpose.SERVICE,),
        why="What each role may do",
        basis=Basis.LEGITIMATE_INTEREST,
        retention=KEPT,
        plain={"id": "key", "group_id": "the role", "permission_id": "the permission"},
        erased="kept: it names nobody",
    ),
    Table(
        "auth.Permission",
        category=WORK,
        purposes=(Purpose.SERVICE,),
        why="The permissions that there are",
        basis=Basis.LEGITIMATE_INTEREST,
        retention=KEPT,
        plain={"id": "key", "name": "in words", "content_type_id": "of which table", "codename": "in code"},
        erased="kept: it names nobody",
    ),
    Table(
        "contenttypes.ContentType",
        category=WORK,
        purposes=(Purpose.SERVICE,),
        why="The tables that there are",
        basis=Basis.LEGITIMATE_INTEREST,
        retention=KEPT,
        plain={"id": "key", "app_label": "the app", "model": "the table"},
        erased="kept: it names nobody",
    ),
    Table(
        "migrations.Migration",
        category=WORK,
        purposes=(Purpose.SERVICE,),
        why="Which changes of the database were made",
        basis=Basis.LEGITIMATE_INTEREST,
        retention=KEPT,
        plain={"id": "key", "app": "the app", "name": "the change", "applied": "when"},
        erased="kept: it names nobody",
    ),
    Table(
        "account.EmailAddress",
        category=NEVER_FILLED,
        purposes=(),
        why="A library brings it. E-mail addresses are neither asked for nor kept",
        retention=NEVER,
        person="user",
        plain={"id": "key", "user_id": "", "email": "", "verified": "", "primary": ""},
    ),
    Table(
        "account.EmailConfirmation",
        category=NEVER_FILLED,
        purposes=(),
        why="A library brings it",
        retention=NEVER,
        person="email_address__user",
        plain={"id": "key", "email_address_id": "", "created": "", "sent": "", "key": ""},
    ),
    Table(
        "socialaccount.SocialToken",
        category=NEVER_FILLED,
        purposes=(),
        why="A library brings it. Its tokens would not be sealed: they are kept in a table of ours instead",
        retention=NEVER,
        person="account__user",
        plain={"id": "key", "app_id": "", "account_id": "", "token": "", "token_secret": "", "expires_at": ""},
    ),
    Table(
        "socialaccount.SocialApp",
        category=NEVER_FILLED,
        purposes=(),
        why="A library brings it. The app's secret stands in the environment",
        retention=NEVER,
        plain={
            **{"id": "key", "provider": "", "provider_id": "", "name": "", "client_id": ""},
            **{"secret": "", "key": "", "settings": ""},
        },
        erased="kept: it names nobody",
    ),
    # --- Redis --------------------------------------------------------------------------------------------------------
    RedisKeys(
        "cache:1:throttle_",
        category=LIMITS,
        purposes=(Purpose.SERVICE,),
        why="How often you, or before a sign-in your IP address, called of late: so that nobody takes the API from all",
        basis=Basis.LEGITIMATE_INTEREST,
        retention=Retention("a minute after the last call"),
        exported="not: gone before a copy could be made; under an IP address it names no person",
        erased="deleted",
        personal=True,
        keys_of=lambda subject: (f"cache:1:throttle_*_{subject.user_id}",),
    ),
    RedisKeys(
        "cache:1:allauth:rl:",
        category=LIMITS,
        purposes=(Purpose.SERVICE,),
        why="How often somebody at an IP address tried to sign in of late: so that nobody can go on guessing",
        basis=Basis.LEGITIMATE_INTEREST,
        retention=Retention("five minutes after the last try"),
        exported="not: it names an IP address and no person",
        erased="ends by itself",
        personal=True,
    ),
    RedisKeys(
        "celery:",
        category=WAITING,
        purposes=(Purpose.SERVICE, Purpose.LEARNING, Purpose.DRAFTS, Purpose.OUTCOMES),
        why="Work for you that waits: the numbers of rows, nothing else",
        basis=Basis.CONSENT,
        retention=Retention("until it is done: mostly seconds, at most hours"),
        exported="not: it holds only numbers of rows that are in the copy",
        erased="messages that hold numbers of their rows are taken out: those named below",
        personal=True,
    ),
    Messages("accounts.tasks.renew_credential", "accounts.TikTokAccount"),
    Messages("accounts.tasks.retry_revocation", "accounts.TikTokAccount"),
)
