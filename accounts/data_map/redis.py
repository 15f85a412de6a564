"""Keys and messages in Redis, and the cookie that goes with them."""

from accounts.data_map.words import LIMITS, SIGN_IN, WAITING
from privacy.declarations.kinds import Files, Messages, RedisKeys
from privacy.purposes import Basis, Purpose, Retention

KEYS_AND_MESSAGES: tuple[Files | RedisKeys | Messages, ...] = (
    RedisKeys(
        "limit:",
        category=LIMITS,
        purposes=(Purpose.SERVICE,),
        why="How often you, or before a sign-in a digest of your IP address, asked for something of late, and how often"
        " a password or code for a name was wrong: so that nobody takes the service from all, or goes on guessing",
        basis=Basis.LEGITIMATE_INTEREST,
        retention=Retention("a minute, an hour or a day after the last time, by what is counted"),
        exported="not: gone before a copy could be made; under a digest of an address or name it names no person",
        erased="deleted",
        personal=True,
        keys_of=lambda subject: (f"limit:*:person:{subject.user_id}",),
    ),
    RedisKeys(
        "changed:",
        category=LIMITS,
        purposes=(Purpose.SERVICE,),
        why="That a token of yours was revoked, or your row here changed: so that no process goes on with what it read"
        " before",
        basis=Basis.LEGITIMATE_INTEREST,
        retention=Retention("a minute"),
        exported="not: gone before a copy could be made; it says no more than that",
        erased="ends by itself: until then it keeps your tokens from being used",
        personal=True,
    ),
    Files(
        "a cookie in your browser, signing-in",
        category=SIGN_IN,
        why="So that you come back from TikTok's page to the sign-in that you began, and nobody else does",
        retention=Retention("in your browser, until you are let in, at most an hour"),
        personal=True,
        erased="yours to delete: it is in your browser alone",
        exported="not: you have it",
    ),
    RedisKeys(
        "sign-in:",
        category=SIGN_IN,
        purposes=(Purpose.SERVICE,),
        why="What your browser brought back from TikTok's page, and TikTok's answer, sealed: until you are let in",
        basis=Basis.LEGITIMATE_INTEREST,
        retention=Retention("two minutes, and an hour that it was used"),
        exported="not: gone before a copy could be made",
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
    Messages("accounts.mail.tasks.ask_to_confirm", "accounts.MailAddress"),
    Messages("accounts.mail.tasks.mail_notice", "accounts.Notice"),
    Messages("accounts.push.tasks.push_notice", "accounts.Notice"),
    Messages("accounts.webhooks.tasks.deliver", "accounts.Delivery"),
)
