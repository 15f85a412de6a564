"""Tables that Django and other libraries bring."""

from datetime import timedelta

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session
from django.db.models import Model, Q

from accounts.data_map.words import KEPT, NEVER, NEVER_FILLED, SIGN_IN, STAFF, WORK
from privacy.declarations.kinds import Expiry, Subject, Table
from privacy.purposes import WHILE_ACTIVE, Basis, Purpose, Retention


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
    """Match the person's own acts as staff, and acts of staff on the rows of the person and their accounts."""
    accounts = Q(content_type__app_label="accounts", content_type__model="tiktokaccount")
    about = accounts & Q(object_id__in=[str(each) for each in subject.account_ids])
    if not subject.whole:
        return about
    person = Q(content_type__app_label="accounts", content_type__model="user", object_id=str(subject.user_id))
    return about | person | Q(user=subject.user_id)


TABLES: tuple[Table, ...] = (
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
            **{"confirmed": "whether it was set up", "step": "", "t0": "", "digits": "", "tolerance": ""},
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
            **{"confirmed": "", "throttling_failure_timestamp": "", "throttling_failure_count": ""},
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
    ),
    Table(
        "auth.Group",
        category=STAFF,
        purposes=(Purpose.SERVICE,),
        why="The names of roles",
        basis=Basis.LEGITIMATE_INTEREST,
        retention=KEPT,
        plain={"name": "the role"},
        erased="kept: it names nobody",
    ),
    Table(
        "auth.Group_permissions",
        category=STAFF,
        purposes=(Purpose.SERVICE,),
        why="What each role may do",
        basis=Basis.LEGITIMATE_INTEREST,
        retention=KEPT,
        plain={"group_id": "the role", "permission_id": "the permission"},
        erased="kept: it names nobody",
    ),
    Table(
        "auth.Permission",
        category=WORK,
        purposes=(Purpose.SERVICE,),
        why="The permissions that there are",
        basis=Basis.LEGITIMATE_INTEREST,
        retention=KEPT,
        plain={"name": "in words", "content_type_id": "of which table", "codename": "in code"},
        erased="kept: it names nobody",
    ),
    Table(
        "contenttypes.ContentType",
        category=WORK,
        purposes=(Purpose.SERVICE,),
        why="The tables that there are",
        basis=Basis.LEGITIMATE_INTEREST,
        retention=KEPT,
        plain={"app_label": "the app", "model": "the table"},
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
        plain={"user_id": "", "email": "", "verified": "", "primary": ""},
    ),
    Table(
        "account.EmailConfirmation",
        category=NEVER_FILLED,
        purposes=(),
        why="A library brings it",
        retention=NEVER,
        person="email_address__user",
        plain={"email_address_id": "", "created": "", "sent": "", "key": ""},
    ),
    Table(
        "socialaccount.SocialToken",
        category=NEVER_FILLED,
        purposes=(),
        why="A library brings it. Its tokens would not be sealed: they are kept in a table of ours instead",
        retention=NEVER,
        person="account__user",
        plain={"app_id": "", "account_id": "", "token": "", "token_secret": "", "expires_at": ""},
    ),
    Table(
        "socialaccount.SocialApp",
        category=NEVER_FILLED,
        purposes=(),
        why="A library brings it. The app's secret stands in the environment",
        retention=NEVER,
        plain={
            **{"provider": "", "provider_id": "", "name": "", "client_id": ""},
            **{"secret": "", "key": "", "settings": ""},
        },
        erased="kept: it names nobody",
    ),
)
