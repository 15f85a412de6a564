"""Sentences about fetching: what happened, what it means for the person, and what they can do."""

from datetime import datetime

from posts.models import Refresh

State, Reason = Refresh.State, Refresh.Reason

HAPPENED: dict[str, str] = {
    Reason.RATE_LIMITED: "TikTok asked Postcast to pause.",
    Reason.UNAVAILABLE: "TikTok does not answer at the moment.",
    Reason.UNEXPECTED_ANSWER: "TikTok answers at the moment with something that cannot be read.",
    Reason.REFUSED: "TikTok refuses to answer at the moment.",
    Reason.INTERRUPTED: "The refresh was interrupted several times.",
}
"""For reasons that pass by themselves."""
TO_MEND: dict[str, str] = {
    Reason.VIDEOS_NOT_ALLOWED: (
        "TikTok does not let Postcast see the videos of this account, because access to them was declined. "
        "Without them nothing new can be read or learned. Connect the account again and allow your public videos."
    ),
    Reason.CONNECTION_LOST: (
        "TikTok ended Postcast's access to this account. What was read stays, and nothing new comes in. "
        "Connect the account again to go on."
    ),
    Reason.DISCONNECTED: (
        "This account was disconnected. What was read stays until you have it erased, and nothing new comes in. "
        "Connect the account again to go on."
    ),
    Reason.NO_CONSENT: (
        "Your consent to the service is missing. Nothing is read from TikTok without it. Give it under “Your data”."
    ),
}
"""For reasons that the person has to mend: whole messages."""
MISSING = (
    "{read} were read. TikTok counts more than it lists: the others may be private or under review. "
    "They appear here by themselves once TikTok lists them."
)


def message_of(refresh: Refresh, posts_known: int) -> str:
    """Return what to tell the person of the refresh; `posts_known` are stored of the account."""
    read = posts_of(posts_known, refresh.posts_expected)
    match refresh.state:
        case State.QUEUED:
            return "Your posts will be read from TikTok in a moment."
        case State.FETCHING:
            return f"Your posts are being read from TikTok: {posts_of(refresh.posts_stored, refresh.posts_expected)}."
        case State.WAITING:
            again = _at("Postcast asks again by itself", refresh.next_attempt_at)
            return f"{HAPPENED.get(refresh.reason, '')} {read} are here so far. {again}; you can also try now.".lstrip()
        case State.DONE:
            if refresh.reason == Reason.POSTS_MISSING:
                return MISSING.format(read=read)
            if refresh.newest_only:
                return f"The newest posts were read again; {posts_of(posts_known)} are known."
            return f"{posts_of(refresh.posts_stored)} {'was' if refresh.posts_stored == 1 else 'were'} read."
    if refresh.reason in TO_MEND:
        return TO_MEND[refresh.reason]
    if refresh.next_attempt_at:
        known = f"{read} are here, and forecasts know only these" if posts_known else "None of your posts are here yet"
        todo = f"{_at('Postcast goes on by itself', refresh.next_attempt_at)}; you can also try now."
    else:
        known = "Your posts and their counts stay as they were read before"
        todo = "New posts are looked for every hour; you can also try now."
    return f"{HAPPENED.get(refresh.reason, 'The refresh ended early.')} {known}. {todo}"


def posts_of(read: int, expected: int | None = None) -> str:
    """Return e.g. “23 of 120 posts”, or “23 posts” where it is not known that there are more."""
    if expected is not None and expected > read:
        return f"{read:,} of {expected:,} post{'' if expected == 1 else 's'}"
    return f"{read:,} post{'' if read == 1 else 's'}"


def moment(at: datetime) -> str:
    """Return e.g. “27 Nov 2026, 14:05 UTC”; times are stored in UTC."""
    return f"{at.day} {at:%b %Y, %H:%M} UTC"


def _at(does: str, at: datetime | None) -> str:
    return f"{does} on {moment(at)}" if at else f"{does} in a moment"
