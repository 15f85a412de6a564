"""Find what several comments ask for or speak of: groups of like comments, told by the words that they share.

No text of a comment comes out: a group is told by words that several of its comments have, without names and contacts.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from posts.content import wording
from posts.content.hashtag_rule import replace_hashtags
from posts.content.language import language_of, words_of
from posts.content.meanings import MEANING_SIZE, meaning_of
from posts.content.normalising import normalised
from privacy.anonymity.blanking import BLANK, blank_identities

FEWEST = 3
"""Comments that a group, and each word that tells it, must have."""
MOST_COMMENTS = 3_000
"""Comments that are read: each is compared with every group so far."""
MOST_THEMES = 20
MOST_WORDS = 5
OVERLAP = 0.5
"""Share of the shorter comment's words that both must have to be alike by their words."""
ALIKE = 0.75
"""Cosine of two comments' topics (`posts.content.meanings`) from which on they are alike."""

_QUESTION_SIGNS = "?？؟"
# words that carry no subject, in the languages whose wording is known
_EMPTY_WORDS = frozenset(
    """
    the and for you your that this with what how why when where who can could would should will does did are was were
    have has had not but from about please pls just more very much really like love some any make made get got its it's
    that's what's don't can't i'm que qué como cómo para por con los las una uno este esta eso más muy pero porque donde
    dónde cuando quién você uma esse essa isso mais muito onde quem não les des une est qui quoi pour avec dans pas plus
    très comment pourquoi vous nous moi toi sur der die das und ist ein eine wie was wer wo wann warum bitte mit für auf
    nicht mal noch auch ich ihr wir mir dir von zum zur den dem
    """.split()  # noqa: SIM905
)


@dataclass(frozen=True, slots=True)
class Theme:
    """A question or subject that several comments share."""

    words: tuple[str, ...]
    """Most shared first; each is in `FEWEST` of the comments or more."""
    is_question: bool
    language: str
    """ISO 639 of most of them; empty: not known."""
    comments: int


@dataclass(slots=True)
class _Group:
    is_question: bool
    tokens: frozenset[str]
    meaning: NDArray[np.float64]
    comments: int = 0
    words: Counter[str] = field(default_factory=Counter)
    languages: Counter[str] = field(default_factory=Counter)


def themes_of(texts: Sequence[str]) -> list[Theme]:
    """Return what the comments ask for and speak of, most frequent first; questions and others are told apart.

    Comments join the group whose first comment is most like them by words or topic, or begin one (leader clustering,
    Hartigan, Clustering Algorithms, 1975, ch. 3).
    """
    groups: list[_Group] = []
    for text in texts[:MOST_COMMENTS]:
        plain = replace_hashtags(blank_identities(normalised("NFKC", text)), " ").replace(BLANK, " ")
        tokens = frozenset(word for word in map(str.casefold, words_of(plain)) if _says_something(word))
        if not tokens:
            continue
        language = language_of(plain)
        is_question = (
            any(sign in plain for sign in _QUESTION_SIGNS) or wording.hook_of(plain, language) is wording.Hook.QUESTION
        )
        meaning = meaning_of(plain)
        group = _most_alike([each for each in groups if each.is_question == is_question], tokens, meaning)
        if group is None:
            groups.append(group := _Group(is_question, tokens, meaning))
        group.comments += 1
        group.words.update(tokens)
        group.languages[language] += 1
    themes = [_theme(group) for group in groups if group.comments >= FEWEST]
    found = [theme for theme in themes if theme.words]
    return sorted(found, key=lambda theme: (-theme.comments, theme.words))[:MOST_THEMES]


def _says_something(word: str) -> bool:
    return len(word) > 2 and word not in _EMPTY_WORDS and not word.isdecimal()


def _most_alike(groups: Sequence[_Group], tokens: frozenset[str], meaning: NDArray[np.float64]) -> _Group | None:
    if not groups:
        return None
    topics = np.array([group.meaning for group in groups]).reshape(-1, MEANING_SIZE) @ meaning
    overlaps = np.array([len(each.tokens & tokens) / min(len(each.tokens), len(tokens)) for each in groups])
    score = np.maximum(overlaps / OVERLAP, topics / ALIKE)
    best = int(np.argmax(score))
    return groups[best] if score[best] >= 1 else None


def _theme(group: _Group) -> Theme:
    shared = sorted(
        (word for word, count in group.words.items() if count >= FEWEST), key=lambda w: (-group.words[w], w)
    )
    return Theme(tuple(shared[:MOST_WORDS]), group.is_question, group.languages.most_common(1)[0][0], group.comments)
