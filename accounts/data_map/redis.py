"""Keys and messages in Redis."""

from accounts.data_map.words import LIMITS, WAITING
from privacy.declarations.kinds import Messages, RedisKeys
from privacy.purposes import Basis, Purpose, Retention

KEYS_AND_MESSAGES: tuple[RedisKeys | Messages, ...] = (
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
        "outside:",
        category=LIMITS,
        purposes=(Purpose.SERVICE,),
        why="Which hosts outside, as TikTok's, fail of late: they are left alone for up to a minute",
        basis=Basis.LEGITIMATE_INTEREST,
        retention=Retention("an hour after the last failure"),
        exported="not: it names hosts and no person",
        erased="ends by itself",
        personal=False,
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
