"""Captions without what names their creator or others, as raters see them. Pure."""

import re
from collections.abc import Iterable

from privacy.anonymity.blanking import BLANK, blank_identities

_LINK = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)
SHORTEST_NAME = 3
"""Characters of a name that is looked for; shorter ones are parts of words."""


def blinded(caption: str, names: Iterable[str]) -> str:
    """Return the caption without links, @names, contacts and the creator's own `names`.

    Names of others in plain words cannot be told from words and stay.
    """
    text = blank_identities(_LINK.sub(BLANK, caption))
    # the longest first: a name may hold another
    for name in sorted({each.strip() for each in names}, key=len, reverse=True):
        if len(name) >= SHORTEST_NAME:
            text = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", BLANK, text, flags=re.IGNORECASE)
    return text
