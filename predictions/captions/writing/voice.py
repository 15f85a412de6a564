"""A creator's voice: their language model, their lines with how their posts did, their hashtags, habits and style."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from posts.content.captions import CaptionMeasures, tag_of
from posts.content.language import UNKNOWN
from posts.content.wording import call_to_action
from predictions.captions.writing.habits import Habit, beginnings, endings, signs_of
from predictions.captions.writing.language_model import VoiceModel
from predictions.captions.writing.shared_phrases import PHRASE, SharedPhrases
from predictions.captions.writing.style import Style
from predictions.captions.writing.templates import GENERIC, GENERIC_EMOJI
from predictions.captions.writing.tokens import (
    bare_words,
    hashtags_of,
    model_tokens,
    phrases,
    sentences_of,
    without_hashtags,
)
from predictions.engine.types import Floats

FEWEST_CAPTIONS = 20
"""Captions below which nothing is said in a creator's voice: templates alone are used."""
MOST_CAPTIONS = 400
MOST_LINE = 12
"""Words of a line that can open a caption or end it."""
LEVEL_POSTS = 20
"""Posts before one whose median is its level."""
COMMON_SHARE = 0.5
"""Share of the accounts that use a word which names no subject, in a language without a list."""
SIGNATURE_SHARE = 0.25
"""Share of the captions that have a hashtag of the creator's own."""


@dataclass(frozen=True, slots=True)
class OwnCaption:
    """A caption of the creator with its measures, and by how much its post beat their level then (log units)."""

    text: str
    measures: CaptionMeasures
    lift: float | None
    """None where the first day of its post is not known."""


@dataclass(frozen=True, slots=True)
class OwnLine:
    """A sentence of an own caption."""

    text: str
    lift: float | None
    """Of the best post with it."""


def lifts_of(log_likes: Floats) -> Floats:
    """Return (n,), by how much each post beat the median of the posts before it; NaN before there are five.

    `log_likes`: log1p of the first day's likes in order of publishing, NaN unknown.

    >>> lifts_of(np.array([1.0, 1.0, 1.0, 1.0, 1.0, 3.0]))[-1]
    np.float64(2.0)
    """
    lifts = np.full(len(log_likes), np.nan)
    for i in range(len(log_likes)):
        before = log_likes[max(0, i - LEVEL_POSTS) : i]
        before = before[~np.isnan(before)]
        if len(before) >= 5:
            lifts[i] = log_likes[i] - float(np.median(before))
    return lifts


def has_words(text: str) -> bool:
    """Return whether a text has two words beside its hashtags."""
    return len(bare_words(without_hashtags(text))) >= 2


class Voice:
    """A creator's way of writing. Everything is derived from their own captions, but for `shared`."""

    def __init__(
        self, captions: Sequence[OwnCaption], shared: SharedPhrases | None, style: Style | None = None
    ) -> None:
        """`style`: the one that is kept; without it, it is worked out when it is first asked for."""
        self.captions = [each for each in captions if bare_words(each.text)][-MOST_CAPTIONS:]
        self.shared = shared
        self._kept_style = style
        self.has_voice = len(self.captions) >= FEWEST_CAPTIONS
        languages = Counter(each.measures.language for each in self.captions if each.measures.language != UNKNOWN)
        self.language = languages.most_common(1)[0][0] if languages else UNKNOWN
        self.captions_with: dict[tuple[str, ...], list[int]] = {}
        """Runs of words -> the captions, by place, that have them."""
        for place, each in enumerate(self.captions):
            for run in phrases(each.text, PHRASE):
                self.captions_with.setdefault(run, []).append(place)
        self.own_phrases = frozenset(self.captions_with)
        self.whole_texts = frozenset(bare_words(without_hashtags(each.text)) for each in self.captions)

    @cached_property
    def model(self) -> VoiceModel:
        """The n-gram model of the captions."""
        own = [model_tokens(each.text) for each in self.captions] if self.has_voice else []
        return VoiceModel(own, self.shared.model if self.shared else None)

    @cached_property
    def style(self) -> Style | None:
        """Their style; None with too few captions."""
        if not self.has_voice:
            return None
        return self._kept_style or Style.of([(each.text, each.measures) for each in self.captions])

    @cached_property
    def openings(self) -> list[OwnLine]:
        """First lines of posts that beat the level, best first."""
        firsts = ((sentences_of(each.text)[:1], each.lift) for each in self.captions)
        lines = [OwnLine(found[0], lift) for found, lift in firsts if found and _is_line(found[0])]
        return _best([line for line in lines if line.lift is not None and line.lift > 0])

    @cached_property
    def calls(self) -> list[OwnLine]:
        """Lines that ask viewers for something, those of the best posts first."""
        lines = [
            OwnLine(line, each.lift)
            for each in self.captions
            for line in sentences_of(each.text)
            if _is_line(line) and call_to_action(line, self.language)
        ]
        return _best(lines)

    @cached_property
    def sentences(self) -> list[tuple[str, ...]]:
        """The tokens of all sentences, to make new lines of."""
        return [model_tokens(line) for each in self.captions for line in sentences_of(each.text)]

    @cached_property
    def written_small(self) -> frozenset[str]:
        """Words that stand in small letters somewhere in their captions, or name no subject."""
        own = {word for each in self.captions for word in each.text.split() if word.islower()}
        habits = " ".join(habit.text for habit in [*self.beginnings, *self.endings])
        return frozenset(bare_words(f"{' '.join(own)} {habits}")) | self.generic(self.language)

    def generic(self, language: str) -> frozenset[str]:
        """Return the words that name no subject: of the language's list, otherwise what very many creators use."""
        if language in GENERIC or self.shared is None:
            return GENERIC.get(language, frozenset())
        return self.shared.common_words(COMMON_SHARE)

    @cached_property
    def hashtags(self) -> Counter[str]:
        """Number of captions with each hashtag, as it is mostly written."""
        written: dict[str, Counter[str]] = {}
        for each in self.captions:
            for tag in hashtags_of(each.text):
                written.setdefault(tag_of(tag), Counter())[tag] += 1
        return Counter({counts.most_common(1)[0][0]: counts.total() for counts in written.values()})

    @cached_property
    def usual_hashtags(self) -> int:
        """The median number of hashtags of a caption."""
        return round(float(np.median([len(each.measures.hashtags) for each in self.captions]))) if self.captions else 0

    @cached_property
    def signs(self) -> list[str]:
        """The emoji that are theirs whatever the subject, most used first."""
        return signs_of(self._written, GENERIC_EMOJI)

    @cached_property
    def emoji_share(self) -> float:
        """The share of their captions with an emoji."""
        return sum(each.measures.emoji > 0 for each in self.captions) / max(len(self.captions), 1)

    @cached_property
    def beginnings(self) -> list[Habit]:
        """Words that they put before subjects again and again."""
        return beginnings(self._written, self._is_generic)

    @cached_property
    def endings(self) -> list[Habit]:
        """Words that they put behind subjects again and again."""
        return endings(self._written, self._is_generic)

    @property
    def _written(self) -> list[tuple[str, float | None]]:
        return [(each.text, each.lift) for each in self.captions]

    def _is_generic(self, word: str) -> bool:
        return word in self.generic(self.language)

    @cached_property
    def begins_small(self) -> bool:
        """Whether most of their captions begin with a small letter."""
        firsts = [letter for each in self.captions if (letter := next(filter(str.isalpha, each.text), ""))]
        return bool(firsts) and sum(map(str.islower, firsts)) > 0.7 * len(firsts)


def _is_line(text: str) -> bool:
    return 1 < len(bare_words(text)) <= MOST_LINE


def _best(lines: Sequence[OwnLine]) -> list[OwnLine]:
    """Return distinct lines, those of the best posts first."""
    best: dict[tuple[str, ...], OwnLine] = {}
    for line in sorted(lines, key=lambda each: -(each.lift if each.lift is not None else -1.0)):
        best.setdefault(bare_words(line.text), line)
    return list(best.values())
