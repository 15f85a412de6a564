"""Moderate texts by word lists: profanity, slurs and calls for harm. English and German; others are not checked.

A list knows words, not meanings: it takes a quotation for an insult and misses an insult without a listed word. It
sees through digits and signs for letters, masked letters (f*ck), and letters that stand apart (f u c k).
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice

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
_ENDINGS = {
    Verdict.PROFANITY: re.compile(r"(?:s|es|ed|er|ers|ing|in|y|n|en)$"),
    # of nouns alone: spices are none
    Verdict.HATE: re.compile(r"(?:s|n|en)$"),
}
_LEET = str.maketrans({"0": "o", "1": "i", "3": "e", "4": "a", "5": "s", "7": "t", "@": "a", "$": "s", "!": "i"})
_REPEATED = re.compile(r"(.)\1{2,}")
# a sign for a letter, but for ! and * at the end, where they are signs
_SPELT = re.compile(r"(?:[^\W\d_]|[@$](?=[^\W\d_]))(?:[\w@$'’*!]*[\w@$])?")
_MASKED = re.compile(r"[^\W\d_][\w*]*\*[\w*]*")
_APART = re.compile(r"(?<![^\W_])(?:[^\W\d_][ .\-_*]){2,}[^\W\d_](?![^\W_])")


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
    plain = normalised("NFKC", text).casefold()
    written = [*_SPELT.findall(plain), *(re.sub(r"[ .\-_*]", "", letters) for letters in _APART.findall(plain))]
    masked = {word for each in _MASKED.findall(plain) for word in _unmasked(each)}
    found = {
        (verdict, form)
        for verdict, listed in _WORDS.items()
        for form in masked.union(*(_forms(word, verdict) for word in written)) & listed
    }
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


def _forms(word: str, verdict: Verdict) -> set[str]:
    """Return a word as the verdict's list may have it: without letters of leet, repeated letters and endings."""
    plain = _REPEATED.sub(r"\1", word.translate(_LEET))
    return {word, plain, _ENDINGS[verdict].sub("", plain), plain.replace("'", ""), plain.replace("ph", "f")}


def _unmasked(masked: str) -> set[str]:
    """Return the first listed word that a masked one may be: each star stands for one letter."""
    pattern = re.compile(re.escape(masked).replace(r"\*", r"\w"))
    return set(islice(filter(pattern.fullmatch, f"{_PROFANE} {_HATEFUL}".split()), 1))


_WORDS = {Verdict.PROFANITY: frozenset(_PROFANE.split()), Verdict.HATE: frozenset(_HATEFUL.split())}
