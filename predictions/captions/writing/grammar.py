"""Grammar that putting lines together needs: whether a brief is a noun phrase or a sentence, and its parts."""

import re

from predictions.captions.writing.tokens import bare_words

_JOINING = "about of on for with from into at"
JOINING = frozenset(_JOINING.split())
"""English words that a noun phrase can follow."""
_ASKING = """
what which who whose how why when where would will do does did am is are can could should have has anyone anybody
was wie wer wo wann warum welche welcher welches würdet würdest habt hast kennt kennst seid bist wollt willst ما هل كيف
من متى أين
"""
ASKING = frozenset(_ASKING.split())
"""Words that a question begins with."""

_CLAUSE = """
i i'm i've i'd i'll you you're you've we we're we've he he's she she's it it's they they're this that's there there's
is are am was were be been isn't aren't wasn't has have had haven't hasn't do does did don't doesn't didn't will won't
would can can't could couldn't should may might must how why when where what who which because if until while
made make makes got get gets went go goes found find finds read reads bought buy came come comes took take takes saw
see gave give gives tried try tries finally said told think thought felt feel put ran won lost met left kept built
wrote ate drank slept grew broke learnt lets let keeps wants want needs need loves hates looks here
"""
_BEHIND = frozenset({"under", "without", "in", "by", "before", "after", "between", "and", "or", "to", "as", "that"})
_CLAUSE_WORDS = frozenset(_CLAUSE.split())
_PAST = re.compile(r"\w{2,}ed$")
_ENDS = re.compile(r"[.!?…؟:;]|\s[-–—]\s|,\s")
_ABOUT = re.compile(
    r"^(?:(?:a|an|my|our|this|the|new|short|quick|next|another|ein|eine|mein|meine|das|neues|kurzes)\s+){0,3}"
    r"(?:video|videos|post|clip|tiktok|reel|caption|beitrag|film)\s+"
    r"(?:is\s+about|about|on|of|über)\s+(?=\S)",
    re.IGNORECASE,
)


def subject_part(brief: str) -> str:
    """Return the brief without "a video about" and the like at its beginning, which says nothing to viewers.

    >>> subject_part("New video about my autumn reading list")
    'my autumn reading list'
    """
    return _ABOUT.sub("", brief, count=1)


def is_noun_phrase(brief: str) -> bool:
    """Return whether an English brief begins with a noun phrase, so that "about" can stand before it.

    Cautious: a brief with anything like a verb in its first part is none.

    >>> is_noun_phrase("five mysteries under 10 euros, one made me cry"), is_noun_phrase("I finally baked bread")
    (True, False)
    """
    first = _ENDS.split(brief, maxsplit=1)[0]
    words = bare_words(first)
    return 0 < len(words) <= 14 and not any(map(may_be_verb, words))


def may_be_verb(word: str) -> bool:
    """Return whether an English word (casefolded) may be a verb or begin a clause, as "made", "who" and "baked"."""
    return word in _CLAUSE_WORDS or _PAST.match(word) is not None


_WHOLE = re.compile(
    r"^(?:a|an|the|my|our|your|this|these|that|those|some|every|two|three|four|five|six|seven|eight|nine|ten|\d+)$"
)


def reads_whole(phrase: str) -> bool:
    """Return whether an English noun phrase needs no article: it has one, counts, is a plural, or a doing.

    >>> reads_whole("a desk from waste wood"), reads_whole("books for rainy days"), reads_whole("plywood desk")
    (True, True, False)
    """
    words = bare_words(phrase)
    if not words or _WHOLE.match(words[0]):
        return bool(words)
    head = next((i for i, word in enumerate(words) if word in JOINING or word in _BEHIND), len(words))
    noun = words[max(head - 1, 0)]
    return is_plural(noun) or words[0].endswith("ing")


def is_plural(word: str) -> bool:
    """Return whether an English noun looks like a plural."""
    return word.endswith("s") and not word.endswith(("ss", "us", "is", "'s"))


def as_sentences(brief: str) -> str:
    """Return the brief with its first comma as a full stop; the brief itself where a part would be too short to stand.

    >>> as_sentences("five mysteries under 10 euros, one made me cry")
    'five mysteries under 10 euros. One made me cry'
    """
    first, comma, rest = brief.partition(", ")
    if not comma or min(len(bare_words(first)), len(bare_words(rest))) < 3 or "," in rest:
        return brief
    if bare_words(rest)[0] in {"and", "but", "or", "with", "which", "und", "aber", "oder", "mit", "der", "die", "das"}:
        return brief
    return f"{first}. {rest[:1].upper()}{rest[1:]}"
