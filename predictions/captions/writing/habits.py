"""Habits of a creator's captions: words that stand before a subject or behind it again and again, and their emoji."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import emoji

from posts.content.tone import words_tone_of
from predictions.captions.writing.facts import facts_of
from predictions.captions.writing.grammar import ASKING, JOINING
from predictions.captions.writing.tokens import bare_words, without_hashtags

MOST_WORDS = 6
FEWEST_TIMES = 3
"""Captions that have the words, and different words beside them, for a habit."""
_ALONE = 0.8
"""Share of a word's uses that are in the habit, for one that could name a subject; and of habits set off by a sign."""
_SIGNS = ".!?…:;,-–—|~؟،"
_EMOJI_SHARE, _MOST_EMOJI = 0.08, 3
"""Share of the captions with an emoji that is a creator's own sign, whatever the subject; how many of them."""
_GLOOMY = -0.25

Written = Sequence[tuple[str, float | None]]
"""Captions, and by how much each post beat its level (log units)."""


@dataclass(frozen=True, slots=True)
class Habit:
    """Words of a creator's own."""

    text: str
    """As they are mostly written."""
    times: int
    lift: float | None
    """Mean over the posts with them; None where that is known of none."""
    is_gloomy: bool = False
    """The words are sad or angry, which fits few posts."""


def beginnings(captions: Written, is_generic: Callable[[str], bool]) -> list[Habit]:
    """Return words that stand before different subjects: "My take on", "POV:"; those of the best posts first."""
    return _habits(captions, is_generic, _begun)


def endings(captions: Written, is_generic: Callable[[str], bool]) -> list[Habit]:
    """Return questions and asides that stand behind different subjects: "which one is yours?", "I love it"."""
    return _habits(captions, is_generic, _ended)


def signs_of(captions: Written, generic: frozenset[str]) -> list[str]:
    """Return the emoji that are the creator's own, most used first: in many captions, or in some and of any subject."""
    used = Counter(sign for text, _lift in captions for sign in {each["emoji"] for each in emoji.emoji_list(text)})
    return [
        sign
        for sign, times in used.most_common()
        if times >= max(FEWEST_TIMES, _EMOJI_SHARE * len(captions))
        or (times >= FEWEST_TIMES and sign.rstrip("\ufe0f") in generic)
    ][:_MOST_EMOJI]


@dataclass(frozen=True, slots=True)
class _Use:
    """One use of words in a caption."""

    key: tuple[str, ...]
    text: str
    beside: str
    """The word next to them."""
    is_set_off: bool
    """A sign stands between them."""


def _habits(
    captions: Written, is_generic: Callable[[str], bool], uses: Callable[[list[str]], Iterator[_Use]]
) -> list[Habit]:
    found: defaultdict[tuple[str, ...], list[tuple[_Use, float | None]]] = defaultdict(list)
    words: Counter[str] = Counter()
    for text, lift in captions:
        words.update(set(bare_words(text)))
        for use in uses(_tokens(text)):
            found[use.key].append((use, lift))
    habits = []
    for seen in found.values():
        times = len(seen)
        if times < FEWEST_TIMES or len({use.beside for use, _lift in seen}) < FEWEST_TIMES:
            continue
        text = Counter(use.text for use, _lift in seen).most_common(1)[0][0]
        of_habit = bare_words(text)
        asks = text.endswith(("?", "؟")) and of_habit[0] in ASKING
        if uses is _ended and not asks and sum(use.is_set_off for use, _lift in seen) < _ALONE * times:
            continue
        # a word that names a subject comes elsewhere too; a number, a name or a day is a fact whatever it stands in
        names = any(token[0].isupper() and token[1:].islower() for token in text.split()[1:])
        if facts_of(text) or names or not all(is_generic(word) or times >= _ALONE * words[word] for word in of_habit):
            continue
        known = [lift for _use, lift in seen if lift is not None]
        mean = sum(known) / len(known) if known else None
        habits.append(Habit(text, times, mean, words_tone_of(text) < _GLOOMY))
    return sorted(habits, key=lambda habit: -(habit.lift if habit.lift is not None else 0.0))


def _begun(tokens: list[str]) -> Iterator[_Use]:
    """Yield beginnings that leave a subject open: before a colon, after "about" and the like, and "trying"."""
    for count in range(1, min(MOST_WORDS, len(tokens) - 1) + 1):
        text = " ".join(tokens[:count])
        words = bare_words(tokens[count - 1])
        is_open = text.endswith(":") or (
            bool(words)
            and text[-1].isalnum()
            and ((count > 1 and words[-1] in JOINING) or (count == 1 and words[-1].endswith("ing")))
        )
        if is_open:
            yield _Use(_key(tokens[:count]), text, tokens[count].casefold(), is_set_off=False)


def _ended(tokens: list[str]) -> Iterator[_Use]:
    for count in range(2, min(MOST_WORDS, len(tokens) - 1) + 1):
        last, before = tokens[-count:], tokens[-count - 1]
        if all(map(bare_words, last)):
            is_set_off = before[-1] in _SIGNS or not bare_words(before)
            yield _Use(_key(last), " ".join(last), before.casefold(), is_set_off)


def _tokens(text: str) -> list[str]:
    """Return the words of a caption without hashtags, and without names and emoji at its two ends."""
    tokens = without_hashtags(text).split()
    for end in (0, -1):
        while tokens and (tokens[end].startswith("@") or not bare_words(tokens[end])):
            tokens.pop(end)
    return tokens


def _key(tokens: Sequence[str]) -> tuple[str, ...]:
    return tuple(token.casefold() for token in tokens)
