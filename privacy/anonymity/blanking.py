"""Blanking of texts before they are stored.

E-mail addresses and phone numbers are never kept, not even in people's own texts. Names and ids of people are not
kept in texts that are never deleted.
"""

import re

BLANK = "[removed]"
# a word, with the domain if one follows: a search from each of its letters would cost the square of its length
_WORD_OR_EMAIL = re.compile(r"[\w.+-]+(?P<domain>@[\w-]+(?:\.[\w-]+)+)?")
# seven digits or more, with the separators that people write; not inside a word, a name or a hashtag. After "/" and
# "." too, for wa.me/49170... and Tel.0170...; the ids in TikTok's links have nineteen digits and stay
_PHONE = re.compile(r"(?<![\w#@])(?:\+|00)?\(?\d(?:[\s().\-/]{0,2}\d){6,17}(?!\w)")


def blank_contacts(text: str) -> str:
    """Return the text without e-mail addresses and phone numbers, or counts of seven digits, to be safe."""
    return _PHONE.sub(BLANK, _WORD_OR_EMAIL.sub(_blank_email, text))


def _blank_email(match: re.Match[str]) -> str:
    return BLANK if match["domain"] else match[0]


# ids of this service, its user names, and @names
_IDENTITY = re.compile(
    r"\b(?:acct|post|pred|refr|impo|expo|eras|expt)_[0-9a-z]+|\btiktok-[0-9a-f]+|(?<![\w.])@[\w.]*\w", re.IGNORECASE
)


def blank_identities(text: str) -> str:
    """Return the text without ids, marked names, e-mail addresses and phone numbers of people."""
    return _IDENTITY.sub(BLANK, blank_contacts(text))
