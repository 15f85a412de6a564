"""Our own tables: people, TikTok accounts, sealed keys to those, API tokens, webhooks."""

from datetime import timedelta

from django.db.models import Q

from accounts.data_map.words import ACCOUNT, KEYS, MAIL, NOTICES, SEATS, SIGN_IN, TOKENS, UNTIL_DISCONNECTED, WORK
from privacy.declarations.kinds import Expiry, Subject, Table
from privacy.purposes import WHILE_ACTIVE, Basis, Purpose, Retention, Source

NOTICES_KEPT = timedelta(days=90)
DELIVERIES_KEPT = timedelta(days=30)


def notices_of(subject: Subject) -> Q:
    """Match notices about the accounts and, of a whole person, those that are about no account too."""
    return Q(user=subject.user_id) if subject.whole else Q(account__in=subject.account_ids)


def deliveries_of(subject: Subject) -> Q:
    """Match messages to webhooks that tell of those notices."""
    return Q(webhook__user=subject.user_id) if subject.whole else Q(notice__account__in=subject.account_ids)


TABLES: tuple[Table, ...] = (
    Table(
        "accounts.User",
        source=Source.PERSON,
        category=SIGN_IN,
        purposes=(Purpose.SERVICE,),
        why="To know that it is you",
        retention=WHILE_ACTIVE,
        person="pk",
    ),
    Table(
        "accounts.SignIn",
        source=Source.POSTCAST,
        category=SIGN_IN,
        purposes=(Purpose.SERVICE,),
        why="So that you see where you are signed in, and can end it",
        basis=Basis.LEGITIMATE_INTEREST,
        retention=Retention("as long as the session that it belongs to: 30 days, or until you sign out"),
        person="user",
    ),
    Table(
        "accounts.TikTokAccount",
        source=Source.TIKTOK,
        category=ACCOUNT,
        purposes=(Purpose.SERVICE, Purpose.LEARNING),
        why="To know whose posts these are, and how large the account is",
        retention=WHILE_ACTIVE,
        person="user",
        account="pk",
    ),
    Table(
        "accounts.FollowerCount",
        source=Source.TIKTOK,
        category=ACCOUNT,
        purposes=(Purpose.SERVICE, Purpose.LEARNING),
        why="How large the account was when a post was published",
        retention=WHILE_ACTIVE,
        person="account__user",
        account="account",
    ),
    Table(
        "accounts.Credential",
        source=Source.TIKTOK,
        category=KEYS,
        purposes=(Purpose.SERVICE,),
        why="To read your posts. They are encrypted, and shown to nobody, staff included",
        retention=UNTIL_DISCONNECTED,
        person="account__user",
        account="account",
    ),
    Table(
        "accounts.APIToken",
        expires=(
            Expiry("revoked_at", timedelta(days=30)),
            Expiry("expires_at", timedelta(days=30)),
        ),
        source=Source.PERSON,
        category=TOKENS,
        purposes=(Purpose.SERVICE,),
        why="To let your programs in. The token itself is not kept, only what recognises it",
        retention=Retention("until 30 days after it was revoked or expired, and never longer than your account here"),
        person="user",
    ),
    Table(
        "accounts.Notice",
        found_by=notices_of,
        expires=(Expiry("created_at", NOTICES_KEPT),),
        source=Source.POSTCAST,
        category=NOTICES,
        purposes=(Purpose.SERVICE, Purpose.OUTCOMES),
        why="To tell you what happened: a result, a reminder, a lost connection",
        retention=Retention(f"{NOTICES_KEPT.days} days", NOTICES_KEPT),
        person="user",
        account="account",
    ),
    Table(
        "accounts.MailAddress",
        expires=(Expiry("unconfirmed_until", timedelta(0)),),
        source=Source.PERSON,
        category=MAIL,
        purposes=(Purpose.SERVICE,),
        why="To write to you when something happens that you chose, and for nothing else. You agree when you give it",
        retention=Retention(
            "until you remove it, here or by the link in each message; two days if you do not confirm it"
        ),
        person="user",
    ),
    Table(
        "accounts.PushSubscription",
        source=Source.PERSON,
        category=NOTICES,
        purposes=(Purpose.SERVICE,),
        why="To tell you on a device what happened: the title of a notice and its link, encrypted for that browser",
        retention=Retention("until you remove it, or your browser ends it, and never longer than your account here"),
        person="user",
    ),
    Table(
        "accounts.Webhook",
        source=Source.PERSON,
        category=NOTICES,
        purposes=(Purpose.SERVICE,),
        why="To tell your programs what happened. The secret is encrypted, and was shown to you once",
        retention=WHILE_ACTIVE,
        person="user",
    ),
    Table(
        "accounts.Delivery",
        found_by=deliveries_of,
        expires=(Expiry("created_at", DELIVERIES_KEPT),),
        source=Source.POSTCAST,
        category=NOTICES,
        purposes=(Purpose.SERVICE,),
        why="So that nothing that your programs are told is lost, and you can see what was sent",
        retention=Retention(f"{DELIVERIES_KEPT.days} days, or until you remove the webhook", DELIVERIES_KEPT),
        person="webhook__user",
    ),
    Table(
        "accounts.Seat",
        expires=(
            Expiry("removed_at", timedelta(days=30)),
            Expiry("invitation_ends_at", timedelta(days=30)),
        ),
        source=Source.PERSON,
        category=SEATS,
        purposes=(Purpose.SERVICE,),
        why="So that people whom the owner of an account invites see it, and nobody else does",
        retention=Retention("until 30 days after it was removed or left, or an invitation that nobody accepted ended"),
        person="account__user",
        account="account",
        also_of="person",
    ),
    Table(
        "accounts.WebhookDelivery",
        expires=(Expiry("received_at", timedelta(days=90)),),
        category=WORK,
        purposes=(Purpose.SERVICE,),
        why="To act only once on each message of TikTok",
        basis=Basis.LEGITIMATE_INTEREST,
        retention=Retention("90 days", timedelta(days=90)),
        erased="kept: it names nobody",
    ),
)
