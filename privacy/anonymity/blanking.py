"""Blanking of texts before they are stored.

E-mail addresses and phone numbers are never kept, not even in people's own texts. Names and ids of people are not
kept in texts that are never deleted.
"""

import re

from privacy.anonymity.public_ids import PREFIXES
from privacy.anonymity.telephones import replace_telephones

BLANK = "[removed]"
# a word, with the domain if one follows: a search from each of its letters would cost the square of its length
_WORD_OR_EMAIL = re.compile(r"[\w.+-]+(?P<domain>@[\w-]+(?:\.[\w-]+)+)?")


def blank_contacts(text: str) -> str:
    """Return the text without e-mail addresses and telephone numbers."""
    return replace_telephones(_WORD_OR_EMAIL.sub(_blank_email, text), BLANK)


def _blank_email(match: re.Match[str]) -> str:
    return BLANK if match["domain"] else match[0]


# ids of this service, its user names, and @names
_IDENTITY = re.compile(rf"\b(?:{'|'.join(PREFIXES)})_[0-9a-z]+|\btiktok-[0-9a-f]+|(?<![\w.])@[\w.]*\w", re.IGNORECASE)


def blank_identities(text: str) -> str:
    """Return the text without ids, marked names, e-mail addresses and phone numbers of people."""
    return _IDENTITY.sub(BLANK, blank_contacts(text))
