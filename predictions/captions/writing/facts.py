"""Find facts in a text that its brief does not give: numbers, prices, dates, mentions, links and names."""

import re
from collections.abc import Collection
from enum import StrEnum

from posts.content.normalising import normalised
from predictions.captions.writing.tokens import bare_words, without_hashtags


class Fact(StrEnum):
    """A kind of fact."""

    NUMBER = "number"
    MENTION = "mention"
    LINK = "link"
    MOMENT = "moment"
    """A day or a month, by its name or as "tomorrow"."""
    NAME = "name"
    """A word with a capital that nobody writes small: a person, a place or a brand."""


_DIGITS = re.compile(r"\d+")
_MONEY = re.compile(r"[$€£¥₹]")
_MENTION = re.compile(r"(?<![\w@])@([\w.]*\w)")
_LINK = re.compile(r"(?:https?://|www\.)\S+|\b[\w-]+\.(?:com|net|org|de|io|co|tv|shop|store|me)\b\S*", re.IGNORECASE)
_WORD = re.compile(r"\w+(?:['’]\w+)*")
_BEGINS = re.compile(r"(?:^|[.!?…؟:\n\"“”(–—-])[^\w]*$")

_NUMBER_WORDS = """
two three four five six seven eight nine ten eleven twelve thirteen fifteen twenty thirty forty fifty sixty seventy
eighty ninety hundred hundreds thousand thousands million millions billion dozen percent free
zwei drei vier fünf sechs sieben acht neun zehn elf zwölf zwanzig dreißig vierzig fünfzig hundert tausend million
millionen prozent gratis kostenlos اثنان ثلاثة أربعة خمسة ستة سبعة ثمانية تسعة عشرة مئة مائة ألف مليون مجانا
"""
NUMBERS = frozenset(_NUMBER_WORDS.split())
_MOMENT_WORDS = """
today tonight tomorrow yesterday monday tuesday wednesday thursday friday saturday sunday january february april
june july august september october november december weekend
heute morgen gestern montag dienstag mittwoch donnerstag freitag samstag sonntag januar februar märz mai juni juli
oktober dezember wochenende اليوم غدا أمس
"""
_MOMENTS = frozenset(_MOMENT_WORDS.split())


def facts_of(text: str) -> set[tuple[Fact, str]]:
    """Return the facts of a text that can be told without knowing its words: all but names.

    >>> sorted(facts_of("3 eggs for @mum tomorrow"))
    [(<Fact.MENTION: 'mention'>, 'mum'), (<Fact.MOMENT: 'moment'>, 'tomorrow'), (<Fact.NUMBER: 'number'>, '3')]
    """
    clean = normalised("NFKC", text)
    found = {(Fact.LINK, link.casefold()) for link in _LINK.findall(clean)}
    clean = _LINK.sub(" ", clean)
    found |= {(Fact.MENTION, name.casefold()) for name in _MENTION.findall(clean)}
    clean = _MENTION.sub(" ", clean)
    # 10 and 010, and digits of other scripts, are one number
    found |= {(Fact.NUMBER, str(int(digits))) for digits in _DIGITS.findall(clean)}
    found |= {(Fact.NUMBER, sign) for sign in _MONEY.findall(clean)}
    words = bare_words(clean)
    found |= {(Fact.NUMBER, word) for word in words if word in NUMBERS}
    return found | {(Fact.MOMENT, word) for word in words if word in _MOMENTS}


def invented_facts(text: str, brief: str, *, written_small: Collection[str]) -> set[tuple[Fact, str]]:
    """Return the facts of a text that its brief does not give.

    `written_small`: casefolded words that are known to stand inside a sentence in small letters, which are no names.
    """
    given = facts_of(brief)
    known = set(bare_words(brief)) | {value for _fact, value in given}
    invented = facts_of(text) - given
    clean = _MENTION.sub(" ", _LINK.sub(" ", without_hashtags(text)))
    for found in _WORD.finditer(clean):
        word = found[0]
        folded = normalised("NFKC", word).casefold().replace("’", "'")
        if not word[0].isupper() or folded in known or folded in written_small or word == "I":
            continue
        # a word that begins a sentence has a capital anyway; such a word is not known for a name
        if _BEGINS.search(clean[: found.start()]) and word[1:] == word[1:].lower():
            continue
        invented.add((Fact.NAME, folded))
    return invented
