"""Compose candidates: an opening, the brief's own words, a call to action and hashtags, within the limits."""

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, zip_longest

import emoji

from posts.content.captions import tag_of
from predictions.captions.writing.facts import NUMBERS
from predictions.captions.writing.grammar import as_sentences
from predictions.captions.writing.lines import Brief, Line, Origin, calls, openings
from predictions.captions.writing.moderation import BrandLists, has_phrase
from predictions.captions.writing.tokens import bare_words, without_hashtags
from predictions.captions.writing.voice import SIGNATURE_SHARE, Voice

FEWEST, USUAL, MOST = 1, 8, 16
"""Candidates."""
SHORTEST, LONGEST = 40, 2_200
"""Characters that a limit may say."""
_ENDS = ".!?…:؟,;"
_ALWAYS_GREAT = re.compile(r"I\b|[A-ZÄÖÜ][A-ZÄÖÜ0-9]")
_MIX = (Origin.HABIT, Origin.ADAPTED, Origin.OWN, Origin.BRIEF, Origin.NEW, Origin.TEMPLATE)


@dataclass(frozen=True, slots=True)
class Order:
    """A request for captions."""

    brief: str
    language: str = ""
    """ISO 639; empty: the creator's own."""
    n: int = USUAL
    eta: float = 0.0
    """Weight of V against the log probability; 0: how much it sounds like the creator decides alone."""
    max_length: int = 150
    max_hashtags: int = 5
    brand: BrandLists = field(default_factory=BrandLists)
    allowed: frozenset[str] = frozenset()
    """Words of a word list that staff allowed for this brief."""
    seed: int = 0
    """Another one gives other captions."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A caption, and the lines that it is made of."""

    text: str
    opening: Line
    call: Line | None = None
    hashtags: tuple[str, ...] = ()
    is_cut: bool = False
    """Whether the brief's words did not all fit."""
    plain: str = ""
    """The text without its hashtags; found where it is not given, which takes longer than all else of a candidate."""

    def __post_init__(self) -> None:
        if not self.plain:
            object.__setattr__(self, "plain", without_hashtags(self.text))


def compose(order: Order, brief: Brief, voice: Voice) -> Iterator[Candidate]:
    """Yield candidates, kinds of openings in turn, each opening with every ending in the end, and no text twice."""
    # not for secrets: the same order gives the same captions
    chance = random.Random(f"{order.seed}:{brief.text}")
    by_origin = openings(brief, voice, chance)
    by_origin[Origin.BRIEF] = [Line("", Origin.BRIEF)] * 3
    ends: list[Line | None] = [*calls(brief, voice, chance), None]
    kinds = [by_origin[origin][order.seed :] + by_origin[origin][: order.seed] for origin in _MIX]
    mixed = [line for line in chain.from_iterable(zip_longest(*kinds)) if line is not None]
    bodies = (brief.words, as_sentences(brief.words))
    own_tags = _own_tags(brief, voice)
    texts: set[tuple[str, ...]] = set()
    for turn in range(len(ends)):
        for place, opening in enumerate(mixed):
            parts = _Parts(
                opening,
                bodies[(turn + place) % 2],
                ends[(turn + place) % len(ends)],
                chance.choice(voice.signs) if voice.signs and chance.random() < voice.emoji_share else "",
                turn + place,
            )
            candidate = _composed(order, brief, voice, parts, own_tags)
            words = bare_words(candidate.text)
            if words not in texts:
                texts.add(words)
                yield candidate


@dataclass(frozen=True, slots=True)
class _Parts:
    """Parts that a candidate is made of."""

    opening: Line
    body: str
    """The brief, in one sentence or two."""
    call: Line | None
    emoji: str
    place: int
    """Which of the usual hashtags come first."""


@dataclass(frozen=True, slots=True)
class _OwnTags:
    """The creator's hashtags that a caption can have: those about the brief, and those of many captions."""

    about: Sequence[str]
    usual: Sequence[str]


def with_hashtags(candidate: Candidate, order: Order, brief: Brief, voice: Voice) -> Candidate:
    """Return a candidate from elsewhere with the hashtags that one of the creator's would have, if it has none."""
    must = [phrase for phrase in order.brand.must if phrase.startswith("#")]
    tags = _hashtags(order, brief, voice, must, 0, _own_tags(brief, voice))
    text = _assembled([candidate.text], tags)
    if candidate.hashtags or not tags or len(text) > order.max_length:
        return candidate
    return replace(candidate, text=text, hashtags=tuple(tags), plain=candidate.plain)


def within_limits(text: str, order: Order, hashtags: Sequence[str]) -> bool:
    """Return whether a text keeps the limits and has what the brand wants in it."""
    return (
        0 < len(text) <= order.max_length
        and len(hashtags) <= order.max_hashtags
        and all(has_phrase(text, phrase) for phrase in order.brand.must)
    )


def _composed(order: Order, brief: Brief, voice: Voice, given: _Parts, own_tags: _OwnTags) -> Candidate:
    # what has to be there is given room first; then hashtags, then the call, are left out before the brief is cut
    opening = given.opening
    musts = [phrase.strip() for phrase in order.brand.must if not has_phrase(brief.text, phrase)]
    must_tags = [phrase for phrase in musts if phrase.startswith("#")]
    tags = _hashtags(order, brief, voice, must_tags, given.place, own_tags)
    needed = [phrase for phrase in musts if not phrase.startswith("#")]
    kept = len(brief.hashtags) + len(must_tags)
    body = _sentence_case(given.body, voice, brief, opening)
    first = [f"{opening.text} {body}"] if opening.joins else [opening.text, body]
    sign = "" if given.call and emoji.emoji_count(given.call.text) else given.emoji
    fewest = min(kept, len(tags))
    attempts = [(first, opening, given.call, sign, n) for n in range(len(tags), fewest - 1, -1)]
    attempts += [(first, opening, None, "", fewest), ([brief.words], Line("", Origin.BRIEF), None, "", fewest)]
    for begun, line, end, last, n in attempts:
        plain = _assembled([*begun, *needed, end.text if end else "", last], ())
        text = _assembled([plain], tags[:n])
        if len(text) <= order.max_length:
            return Candidate(text, line, end, tuple(tags[:n]), plain=plain)
    room = order.max_length - len(_assembled(needed, tags[:kept])) - 2
    text = _assembled([_cut(brief.words, room), *needed], tags[:kept])
    return Candidate(text, Line("", Origin.BRIEF), None, tuple(tags[:kept]), is_cut=True)


def _own_tags(brief: Brief, voice: Voice) -> _OwnTags:
    if not voice.has_voice:
        return _OwnTags((), ())
    least = SIGNATURE_SHARE * len(voice.captions)
    own = [tag for tag, _count in voice.hashtags.most_common()]
    return _OwnTags(
        about=[tag for tag in own if tag_of(tag) in brief.tags],
        usual=[tag for tag in own if voice.hashtags[tag] >= least and not any(c.isdigit() for c in tag)],
    )


def _hashtags(order: Order, brief: Brief, voice: Voice, must: Sequence[str], place: int, own: _OwnTags) -> list[str]:
    """Return the brief's hashtags and the brand's, then own ones: those about the brief, and signatures in turn."""
    tags = [*brief.hashtags, *(each.lstrip("#") for each in must)]
    given = set(map(tag_of, tags))
    shift = place % len(own.usual) if own.usual else 0
    more = dict.fromkeys([*own.about, *own.usual[shift:], *own.usual[:shift]])
    wanted = max(voice.usual_hashtags - len(tags), 0)
    tags += [tag for tag in more if tag_of(tag) not in given][:wanted]
    distinct = list({tag_of(tag): tag for tag in reversed(tags)}.values())[::-1]
    return distinct[: order.max_hashtags]


def _assembled(parts: Sequence[str], tags: Sequence[str]) -> str:
    """Join parts to sentences of one line, and the hashtags after them."""
    text = ""
    for part in filter(None, parts):
        if text and text[-1] not in _ENDS and text[-1].isalnum() and part[0].isalnum():
            text += "."
        text += f" {part}" if text else part
    return " ".join([text, *(f"#{tag}" for tag in tags)]).strip()


def _sentence_case(body: str, voice: Voice, brief: Brief, opening: Line) -> str:
    """Return the brief with the first letter that fits its place and the creator's habit; names keep their capital."""
    first = bare_words(body)[:1]
    goes_on = opening.joins or opening.text.endswith((":", ","))
    known = voice.written_small if goes_on else voice.generic(brief.language)
    may_be_small = bool(first) and (first[0] in known or first[0] in NUMBERS) and not _ALWAYS_GREAT.match(body)
    if may_be_small and (voice.begins_small or goes_on):
        return body[:1].lower() + body[1:]
    if goes_on or voice.begins_small:
        return body
    return body[:1].upper() + body[1:]


def _cut(text: str, room: int) -> str:
    """Return the beginning of a text that fits, cut after a word."""
    if len(text) <= room:
        return text
    beginning = text[: max(room - 1, 0)].rsplit(" ", 1)[0].rstrip(_ENDS + " ")
    return f"{beginning}…" if beginning else ""
