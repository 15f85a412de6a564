"""E-mail addresses and phone numbers are never kept, in people's own texts neither: they are blanked at the door.

So are names and ids of people in what is kept for good, which could not be taken out when they are erased.
"""

import re

BLANK = "[removed]"
# a word with the rest of an address, if that follows: each word is gone through once, because a search that begins at
# each of its letters costs the square of its length
_WORD_OR_EMAIL = re.compile(r"[\w.+-]+(?P<domain>@[\w-]+(?:\.[\w-]+)+)?")
# seven digits or more, with the separators that people write; not inside a word, a name or a hashtag. After "/" and
# "." too, for wa.me/49170... and Tel.0170...; the ids in TikTok's links have nineteen digits and stay
_PHONE = re.compile(r"(?<![\w#@])(?:\+|00)?\(?\d(?:[\s().\-/]{0,2}\d){6,17}(?!\w)")


def blank_contacts(text: str) -> str:
    """The text without addresses and numbers. A count of seven digits is taken for a number too, to be safe."""
    return _PHONE.sub(BLANK, _WORD_OR_EMAIL.sub(_blank_email, text))


def _blank_email(found: re.Match[str]) -> str:
    return BLANK if found["domain"] else found[0]


# the ids that this service gives, its names for people who sign in, and names on TikTok where they are marked as such
_IDENTITY = re.compile(
    r"\b(?:acct|post|pred|refr|expo|eras)_[0-9a-z]+|\btiktok-[0-9a-f]+|(?<![\w.])@[\w.]*\w", re.IGNORECASE
)


def blank_identities(text: str) -> str:
    """The text without ids and marked names of people, and without their addresses and numbers."""
    return _IDENTITY.sub(BLANK, blank_contacts(text))
