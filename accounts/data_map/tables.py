"""Our own tables: people, TikTok accounts, sealed keys to those, API tokens, webhooks."""

from datetime import timedelta

from accounts.data_map.words import ACCOUNT, KEYS, SEATS, SIGN_IN, TOKENS, UNTIL_DISCONNECTED, WORK
from privacy.declarations.kinds import Expiry, Table
from privacy.purposes import WHILE_ACTIVE, Basis, Purpose, Retention, Source

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
