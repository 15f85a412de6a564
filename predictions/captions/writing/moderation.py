"""Moderate texts by word lists: profanity, slurs and calls for harm. English and German; others are not checked.

A list knows words, not meanings: it takes a quotation for an insult and misses an insult without a listed word.
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum

from posts.content.normalising import normalised
from predictions.captions.writing.tokens import bare_words

CHECKED = frozenset({"en", "de"})
"""Languages that have a list. The lists of all are held against every text, as people mix them."""


class Verdict(StrEnum):
    """A reason to show a text to nobody."""

    PROFANITY = "profanity"
    HATE = "hate"
    HARM = "harm"
    """Calls for hurting somebody or oneself."""


_PROFANE = (
    "fuck motherfucker fucker shit bullshit shitty bitch bitches cunt asshole dickhead cocksucker wanker twat slut "
    "whore bastard prick pussy scheiße scheisse arschloch wichser hurensohn fotze schlampe hure fick ficken fickt "
    "verpiss"
)
_HATEFUL = (
    "nigger nigga faggot fag tranny kike spic chink gook wetback retard retarded paki coon raghead towelhead neger "
    "kanake schwuchtel zigeuner spast untermensch"
)
_HARMFUL = ("kill yourself", "kys", "go die", "hang yourself", "bring dich um", "kill them all", "gas them")
_ENDINGS = re.compile(r"(?:s|es|ed|er|ers|ing|in|y|n|en)$")
_LEET = str.maketrans({"0": "o", "1": "i", "3": "e", "4": "a", "5": "s", "7": "t", "@": "a", "$": "s"})
_REPEATED = re.compile(r"(.)\1{2,}")
_SPELT = re.compile(r"[^\W\d_][\w@$'’]*|[@$][^\W\d_][\w@$]*")


@dataclass(frozen=True, slots=True)
class BrandLists:
    """Words that a brand wants in every caption, and words that it never wants."""

    must: Sequence[str] = ()
    never: Sequence[str] = ()


def verdicts(text: str, *, allowed: Collection[str] = ()) -> frozenset[Verdict]:
    """Return the reasons to show the text to nobody; empty where no list has anything of it but what is `allowed`.

    >>> sorted(verdicts("What the Sh1t"))
    [<Verdict.PROFANITY: 'profanity'>]
    """
    return frozenset(verdict for verdict, listed in flagged(text) if listed not in allowed)


def flagged(text: str) -> frozenset[tuple[Verdict, str]]:
    """Return what the lists have of a text: why it is listed, and the word or phrase as it stands in the list.

    >>> sorted(flagged("What the Sh1t"))
    [(<Verdict.PROFANITY: 'profanity'>, 'shit')]
    """
    words = {form for word in _SPELT.findall(normalised("NFKC", text)) for form in _forms(word.casefold())}
    found = {(verdict, word) for verdict, listed in _WORDS.items() for word in words & listed}
    running = f" {' '.join(bare_words(text))} "
    return frozenset(found | {(Verdict.HARM, phrase) for phrase in _HARMFUL if f" {phrase} " in running})


def has_phrase(text: str, phrase: str) -> bool:
    """Return whether the text has the words of the phrase one after the other, whatever their case; hashtags count.

    >>> has_phrase("Try #ColdBrew now", "coldbrew"), has_phrase("a cold brewery", "cold brew")
    (True, False)
    """
    wanted = bare_words(phrase)
    if not wanted:
        return phrase.strip() in text
    words = bare_words(text)
    return any(words[i : i + len(wanted)] == wanted for i in range(len(words) - len(wanted) + 1))


def _forms(word: str) -> set[str]:
    """Return a word as lists may have it: without letters of leet, repeated letters and endings."""
    plain = _REPEATED.sub(r"\1", word.translate(_LEET))
    return {word, plain, _ENDINGS.sub("", plain), plain.replace("'", "")}


_WORDS = {Verdict.PROFANITY: frozenset(_PROFANE.split()), Verdict.HATE: frozenset(_HATEFUL.split())}
