"""Captions as tokens of a language model, as bare words, and as sentences."""

import re

from posts.content.hashtag_rule import hashtags_in, replace_hashtags
from posts.content.language import tokens_of
from posts.content.normalising import normalised

START, END = "<s>", "</s>"
NUMBER, NAME, LINK = "<number>", "<name>", "<link>"
"""Stand for facts, which a model of how somebody writes has no use for."""
SPECIAL = frozenset({START, END, NUMBER, NAME, LINK})

_LINK = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)
_WORD = re.compile(r"\w+(?:['’]\w+)*")
_SENTENCE_END = re.compile(r"(?<=[.!?…؟。！？])\s+|\s*\n+\s*")


def without_hashtags(text: str) -> str:
    """Return the text without its hashtags, its gaps closed."""
    return " ".join(replace_hashtags(text, " ").split())


def model_tokens(text: str) -> tuple[str, ...]:
    """Return the casefolded tokens of a text without its hashtags; numbers, names and links are placeholders."""
    return tuple(map(_placed, tokens_of(replace_hashtags(text, " "))))


def bare_words(text: str) -> tuple[str, ...]:
    """Return the casefolded words of a text, of its hashtags too, without signs and emoji."""
    return tuple(_WORD.findall(normalised("NFKC", text).casefold().replace("’", "'").replace("_", " ")))


def phrases(text: str, length: int) -> set[tuple[str, ...]]:
    """Return the runs of `length` bare words of a text.

    >>> sorted(phrases("One, two #three!", 2))
    [('one', 'two'), ('two', 'three')]
    """
    words = bare_words(text)
    return {words[i : i + length] for i in range(len(words) - length + 1)}


def sentences_of(text: str) -> list[str]:
    """Return the sentences of a text without hashtags: what ends with a full stop of any kind, or a line.

    >>> sentences_of("Wait for it... I made bread! Save this #bread")
    ['Wait for it...', 'I made bread!', 'Save this']
    """
    lines = replace_hashtags(text, " ").strip()
    return [" ".join(part.split()) for part in _SENTENCE_END.split(lines) if _WORD.search(part)]


def hashtags_of(text: str) -> tuple[str, ...]:
    """Return the hashtags of a text as they are written, each once."""
    return tuple(dict.fromkeys(hashtags_in(text)))


def _placed(token: str) -> str:
    if _LINK.match(token):
        return LINK
    if token.startswith("@") and len(token) > 1:
        return NAME
    if any(c.isdigit() for c in token):
        return NUMBER
    return token.casefold().replace("’", "'")
