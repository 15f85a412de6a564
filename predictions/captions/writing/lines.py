"""Lines that open a caption or end it: own ones, own ones about the brief's subject, new ones, and templates."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from itertools import pairwise

from posts.content.language import UNKNOWN, language_of, tokens_of
from posts.content.rewriting import is_disclosure
from posts.content.tone import words_tone_of
from predictions.captions.writing.facts import NUMBERS
from predictions.captions.writing.grammar import (
    JOINING,
    is_noun_phrase,
    is_plural,
    may_be_verb,
    reads_whole,
    subject_part,
)
from predictions.captions.writing.habits import Habit
from predictions.captions.writing.language_model import ORDER
from predictions.captions.writing.templates import (
    CALLS,
    CALLS_ABOUT,
    CALLS_SEVERAL,
    DETERMINERS,
    OPENINGS,
    OPENINGS_ABOUT,
)
from predictions.captions.writing.tokens import END, SPECIAL, START, bare_words, hashtags_of, without_hashtags
from predictions.captions.writing.voice import Voice

_SUBJECT_WORDS = 4
_ARTICLES = frozenset({"a", "an", "the", "my", "our", "your", "this", "these", "that"})
_NEW_LINE_WORDS = (3, 10)
_TRIES = 80
_SHARED_STEP = 0.15
"""Probability that a step follows what many creators write rather than the creator."""


class Origin(StrEnum):
    """Source of a line."""

    OWN = "own"
    """A line of an own caption, as it is."""
    ADAPTED = "adapted"
    """A line of an own caption about another subject, with the brief's in its place."""
    HABIT = "habit"
    """Words that the creator puts before or behind subjects again and again."""
    NEW = "new"
    """A new line from the creator's n-gram model."""
    TEMPLATE = "template"
    BRIEF = "brief"
    """The brief's own words."""
    ENDPOINT = "endpoint"
    """A language model that the operator has set up."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line, with the own line that it comes from and how the best post with that did (log units above the level)."""

    text: str
    origin: Origin
    source: str = ""
    lift: float | None = None
    joins: bool = False
    """It opens the sentence that the brief goes on with: "My take on"."""
    times: int = 0
    """Own captions with it, of a habit."""


class Brief:
    """Subject of a caption in the creator's words: the only source of facts."""

    def __init__(self, text: str, voice: Voice, language: str = UNKNOWN) -> None:
        self.text = " ".join(text.split())
        self.words = subject_part(without_hashtags(self.text))
        self.hashtags = hashtags_of(self.text)
        self.disclosures = tuple(tag for tag in self.hashtags if is_disclosure(tag))
        self.language = language or voice.language or language_of(self.words)
        generic = voice.generic(self.language)
        self.vocabulary = frozenset(bare_words(self.text))
        self.content = frozenset(word for word in self.vocabulary if word not in generic and not word.isdigit())
        self.allowed = generic | self.vocabulary
        self._written_small = voice.written_small
        self.subject = self._subject()
        self.phrase = self._phrase()
        self.is_noun_phrase = self.language == "en" and is_noun_phrase(self.words)
        words = bare_words(self.words)
        self.tags = self.content | {a + b for a, b in pairwise(words)}
        """Hashtags that would be about it."""

    @cached_property
    def is_gloomy(self) -> bool:
        """Whether its words are sad or angry."""
        return words_tone_of(self.words) < 0

    @cached_property
    def names_several(self) -> bool:
        """Whether its subject is a plural, or it has things between which one can choose."""
        return "or" in bare_words(self.words) or any(map(is_plural, bare_words(self.subject)[-1:]))

    def _subject(self) -> str:
        """Return the longest run of words that name a subject, as they are written; empty without one."""
        runs: list[list[str]] = [[]]
        for token in tokens_of(self.words):
            word = token.casefold()
            if word in self.content and word[0].isalpha() and word not in NUMBERS and not may_be_verb(word):
                runs[-1].append(token)
            elif runs[-1]:
                runs.append([])
        fitting = [run for run in runs if 0 < len(run) <= _SUBJECT_WORDS]
        # of equally long ones the first
        subject = " ".join(sorted(fitting, key=len, reverse=True)[0]) if fitting else ""
        # the capital of a sentence's beginning does not go with it, unless it may be a name's; German nouns have theirs
        first = bare_words(subject)[:1]
        if first and self.words.startswith(subject) and self.language != "de" and first[0] in self._written_small:
            return subject[:1].lower() + subject[1:]
        return subject

    def _phrase(self) -> str:
        """Return the subject as it can stand in a sentence, "a plywood desk"; empty where an article is missing."""
        if not self.subject or self.language != "en":
            return self.subject if self.language == "de" else ""
        place = self.words.casefold().find(self.subject.casefold())
        before = bare_words(self.words[:place])[-1:]
        if before and before[0] in _ARTICLES:
            return f"{before[0]} {self.subject}"
        return self.subject if reads_whole(self.subject) else ""

    def allows(self, line: str) -> bool:
        """Return whether a line has only words of the brief, and words that name no subject."""
        words = bare_words(line)
        return bool(words) and all(word in self.allowed for word in words)


def openings(brief: Brief, voice: Voice, chance: random.Random) -> dict[Origin, list[Line]]:
    """Return lines to open with, by where they come from, the most promising first."""
    found: dict[Origin, list[Line]] = {origin: [] for origin in Origin}
    if voice.has_voice:
        texts = set()
        # a line that begins as their captions do is told by the habit, without what else was said of its subject
        habits = [bare_words(habit.text) for habit in voice.beginnings]
        for own in voice.openings:
            words = bare_words(own.text)
            if any(words[: len(habit)] == habit for habit in habits):
                continue
            if brief.allows(own.text):
                found[Origin.OWN].append(Line(own.text, Origin.OWN, own.text, own.lift))
            elif (adapted := _adapted(own.text, brief)) and adapted not in texts:
                texts.add(adapted)
                found[Origin.ADAPTED].append(Line(adapted, Origin.ADAPTED, own.text, own.lift))
        found[Origin.HABIT] = list(_habits(brief, voice))
        found[Origin.NEW] = list(_new_lines(brief, voice, chance))
    templates = [Line(text, Origin.TEMPLATE) for text in OPENINGS.get(brief.language, ())]
    if brief.is_noun_phrase and reads_whole(brief.words):
        templates += [Line(text, Origin.TEMPLATE, joins=True) for text in OPENINGS_ABOUT.get(brief.language, ())]
    chance.shuffle(templates)
    found[Origin.TEMPLATE] = templates
    return found


def _habits(brief: Brief, voice: Voice) -> Iterator[Line]:
    """Yield words that the creator begins with: before a colon anything goes, else a noun phrase."""
    for habit in voice.beginnings if brief.words else ():
        if habit.text.endswith(":") or brief.is_noun_phrase:
            yield Line(habit.text, Origin.HABIT, habit.text, habit.lift, joins=True, times=habit.times)


def calls(brief: Brief, voice: Voice, chance: random.Random) -> list[Line]:
    """Return lines to end with: own ones about nothing else, then templates."""
    own: list[Line] = []
    if voice.has_voice:
        own = [Line(each.text, Origin.OWN, each.text, each.lift) for each in voice.calls if brief.allows(each.text)]
        known = {bare_words(line.text) for line in own}
        own += [
            Line(_begun(habit.text, voice), Origin.HABIT, habit.text, habit.lift, times=habit.times)
            for habit in voice.endings
            if _fits_behind(habit, brief) and bare_words(habit.text) not in known
        ]
    templates = [Line(text, Origin.TEMPLATE) for text in CALLS.get(brief.language, ())]
    if brief.names_several:
        templates += [Line(text, Origin.TEMPLATE) for text in CALLS_SEVERAL.get(brief.language, ())]
    # said twice in a short brief, it is once too often
    if brief.phrase and 2 * len(bare_words(brief.phrase)) <= len(bare_words(brief.words)):
        about = [text.format(brief.phrase) for text in CALLS_ABOUT.get(brief.language, ())]
        templates += [Line(text[:1].upper() + text[1:], Origin.TEMPLATE) for text in about]
    chance.shuffle(templates)
    return [*own, *templates]


def _fits_behind(habit: Habit, brief: Brief) -> bool:
    """Return whether words that the creator ends with fit the brief: its mood, and several things to choose from."""
    if habit.is_gloomy and not brief.is_gloomy:
        return False
    return bare_words(habit.text)[0] != "which" or brief.names_several


def _begun(text: str, voice: Voice) -> str:
    return text if voice.begins_small else text[:1].upper() + text[1:]


def _adapted(line: str, brief: Brief) -> str:
    """Return the line with the brief's subject in place of its own; empty where it has not one such place."""
    if not brief.subject:
        return ""
    tokens = line.split()
    other = [i for i, token in enumerate(tokens) if not brief.allows(token) and bare_words(token)]
    if not other or other != list(range(other[0], other[-1] + 1)) or other[0] == 0:
        return ""
    before = bare_words(tokens[other[0] - 1])
    # what is said behind it was said of something else
    if not before or before[-1] not in DETERMINERS or any(map(bare_words, tokens[other[-1] + 1 :])):
        return ""
    last = tokens[other[-1]]
    signs = last[len(last.rstrip(".,!?…:;")) :]
    subject = brief.subject
    if before[-1] in JOINING:
        # "on plywood desk" wants its article
        subject = brief.phrase
        if not subject:
            return ""
    return " ".join([*tokens[: other[0]], subject + signs, *tokens[other[-1] + 1 :]])


def _new_lines(brief: Brief, voice: Voice, chance: random.Random) -> Iterator[Line]:
    """Yield new lines from the creator's n-grams, of words that name no subject and of the brief's."""
    own, shared = voice.model.own, voice.model.shared
    if own is None:
        return
    known = set(voice.sentences)
    for _ in range(_TRIES):
        tokens: list[str] = []
        while len(tokens) <= _NEW_LINE_WORDS[1]:
            context = tuple([START, START, *tokens][1 - ORDER :])
            source = shared if shared and chance.random() < _SHARED_STEP else own
            following = source.following(context) or source.following(context[1:])
            fitting = {word: n for word, n in following.items() if word == END or _fits(word, brief)}
            if not fitting:
                break
            [word] = chance.choices(list(fitting), list(fitting.values()))
            if word == END:
                text = joined(tokens)
                long_enough = len(bare_words(text)) >= _NEW_LINE_WORDS[0]
                if long_enough and tuple(tokens) not in known and brief.allows(text):
                    known.add(tuple(tokens))
                    yield Line(text, Origin.NEW)
                break
            tokens.append(word)


def joined(tokens: list[str]) -> str:
    """Return tokens as a text: no space before a sign, a capital at the beginning.

    >>> joined(["i", "tried", "it", "!"])
    'I tried it!'
    """
    text = ""
    for each in tokens:
        word = "I" + each[1:] if each in {"i", "i'm", "i've", "i'd", "i'll"} else each
        text += word if not text or each in {".", ",", "!", "?", "…", ":", ";", "...", "؟", "،"} else f" {word}"
    return text[:1].upper() + text[1:]


def _fits(token: str, brief: Brief) -> bool:
    if token in SPECIAL:
        return False
    words = bare_words(token)
    return all(word in brief.allowed for word in words) if words else not token.isalnum()
