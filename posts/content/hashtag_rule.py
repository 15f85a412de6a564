"""Find hashtags in texts: one rule for captions, drafts, filters and the composer's page.

A hashtag is a `#` (or its fullwidth and small forms) and a hashtag identifier after Unicode's UAX #31: letters, marks,
digits, underscores and the two joiners. It ends before anything else, such as an apostrophe, a full stop of any script
or an emoji. It has a letter or a digit; digits alone are enough, as on TikTok (#2026). Of `##x` the last sign counts.
None begins inside a link, an e-mail address or an HTML entity.

`templates/static/js/hashtags.js` has the same rule for the page; both are tested with the same table.
"""

from collections.abc import Sequence

import regex

from posts.content.normalising import normalised

MAX_HASHTAG = 100
"""Characters that are kept of a hashtag."""

_SIGNS = frozenset("#＃﹟")
_JOINERS = "\u200c\u200d"
# letter numbers, as 〇 of years in Japanese, are part of identifiers too; the fillers of Hangul are letters and show
# nothing; a variation selector belongs to an emoji
_IDENTIFIER = rf"[[\p{{L}}\p{{M}}\p{{Nd}}\p{{Nl}}_{_JOINERS}]--[\u115f\u1160\u3164\uffa0\ufe0e\ufe0f]]"
_VISIBLE = r"[[\p{L}\p{Nd}\p{Nl}]--[\u115f\u1160\u3164\uffa0]]"
# a search from each letter of a long word would cost the square of its length: both begin where a word does
_LINK = r"(?:(?<![a-z0-9+.-])(?:[a-z][a-z0-9+.-]{1,19}+://|mailto:|tel:|sms:)|www\.)\S++|(?<![\w.-])(?:[\w-]++\.)++[\w-]++(?::[0-9]{1,5})?+/\S*+"
_EMAIL = r"(?<![\w.+#-])[\w.+#-]++@[\w-]++(?:\.[\w-]++)++"
# a text that was escaped twice has &amp;#39;
_ENTITY = r"&(?:amp;)*+#(?:[0-9]++|x[0-9a-f]++);"
_HASHTAG = regex.compile(
    rf"{_LINK}|{_EMAIL}|{_ENTITY}|(?P<space>\s?)[#＃﹟](?P<tag>[_{_JOINERS}]*+{_VISIBLE}{_IDENTIFIER}*+)",
    regex.IGNORECASE | regex.VERSION1,
)
_WHOLE = regex.compile(rf"[#＃﹟]*(?P<tag>[_{_JOINERS}]*+{_VISIBLE}{_IDENTIFIER}*+)", regex.VERSION1)


def hashtags_in(text: str) -> list[str]:
    """Return the hashtags of a text in their order, as they are written, without their #.

    >>> hashtags_in("#東京、#京都。 #mom’s https://example.com/page#section &#39;")
    ['東京', '京都', 'mom']
    """
    if not _SIGNS.intersection(text):
        return []
    return [found["tag"] for found in _HASHTAG.finditer(text) if found["tag"] is not None]


def distinct_hashtags(text: str, others: Sequence[str] = ()) -> tuple[str, ...]:
    """Return the hashtags of a text and the others, each once and as `tag_of` gives it."""
    written = [*hashtags_in(text), *(tag.encode("utf-8", "replace").decode() for tag in others)]
    return tuple(dict.fromkeys(tag for tag in map(tag_of, written) if tag))


def replace_hashtags(text: str, by: str, *, only: str | None = None) -> str:
    """Return the text with `by` in place of each hashtag and of the gap that it would leave.

    `only` is a hashtag, as `tag_of` gives it: others stay.
    """

    def replaced(found: "regex.Match[str]") -> str:
        tag, space = found["tag"], found["space"]
        if tag is None or only not in (None, tag_of(tag)):
            return str(found[0])
        # what follows without a space, as an emoji does, keeps the one before
        follows = text[found.end() : found.end() + 1]
        return f"{space}{by}" if follows and not follows.isspace() else by

    return str(_HASHTAG.sub(replaced, text)) if _SIGNS.intersection(text) else text


def is_hashtag(tag: str) -> bool:
    """Return whether the tag, with its # or without, would count as one hashtag in a caption."""
    return _WHOLE.fullmatch(tag.strip()) is not None


def tag_of(written: str) -> str:
    """Return a hashtag, without its #, as it is compared: NFC and case-folded, so that every spelling is the same one.

    >>> tag_of("#CAFE\N{COMBINING ACUTE ACCENT}") == tag_of("café")
    True
    """
    folded = normalised("NFC", normalised("NFC", written.strip().lstrip("#＃﹟")).casefold())
    return folded[:MAX_HASHTAG].strip(_JOINERS)
