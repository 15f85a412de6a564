"""Tell names that can be seen from those that leave an empty line on a page."""

import regex

# letters, digits, punctuation and symbols, without those that are drawn as nothing: fillers, joiners and tags are
# ignorable by Unicode's own word; the empty pattern of Braille and the null note of music are symbols by theirs
_VISIBLE = regex.compile(
    r"[[\p{L}\p{N}\p{P}\p{S}]--[\p{Default_Ignorable_Code_Point}\u2800\U0001d159\ufffc]]", regex.VERSION1
)


def is_visible(name: str) -> bool:
    """Return whether the name shows at least one sign.

    >>> is_visible("مريم"), is_visible("\N{HANGUL FILLER}\N{ZERO WIDTH JOINER} \N{BRAILLE PATTERN BLANK}")
    (True, False)
    """
    return _VISIBLE.search(name) is not None
