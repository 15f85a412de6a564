"""Compose candidates: an opening, the brief's own words, a call to action and hashtags, within the limits."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, cycle, zip_longest

from posts.content.captions import tag_of
from predictions.captions.writing.lines import Brief, Line, Origin, calls, openings
from predictions.captions.writing.moderation import BrandLists, has_phrase
from predictions.captions.writing.tokens import bare_words
from predictions.captions.writing.voice import SIGNATURE_SHARE, Voice

FEWEST, USUAL, MOST = 1, 8, 16
"""Candidates."""
SHORTEST, LONGEST = 40, 2_200
"""Characters that a limit may say."""
_ENDS = ".!?…:؟,;"
_ROUNDS = 2
_MIX = (Origin.ADAPTED, Origin.OWN, Origin.NEW, Origin.BRIEF, Origin.TEMPLATE)


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


def compose(order: Order, brief: Brief, voice: Voice) -> Iterator[Candidate]:
    """Yield candidates, kinds of openings in turn, each with two endings at most, and no text twice."""
    # not for secrets: the same order gives the same captions
    chance = random.Random(f"{order.seed}:{brief.text}")
    by_origin = openings(brief, voice, chance)
    by_origin[Origin.BRIEF] = [Line("", Origin.BRIEF)] * 3
    ends: list[Line | None] = [*calls(brief, voice, chance)[: order.n], None]
    kinds = [by_origin[origin][order.seed :] + by_origin[origin][: order.seed] for origin in _MIX]
    texts: set[tuple[str, ...]] = set()
    endings = cycle(ends)
    # each opening once with one ending, then all again with others
    for _ in range(_ROUNDS):
        for opening in filter(None, chain.from_iterable(zip_longest(*kinds))):
            candidate = _composed(order, brief, voice, opening, next(endings), with_emoji=chance.random() < 0.5)
            words = bare_words(candidate.text)
            if words not in texts:
                texts.add(words)
                yield candidate
        next(endings)


def with_hashtags(candidate: Candidate, order: Order, brief: Brief, voice: Voice) -> Candidate:
    """Return a candidate from elsewhere with the hashtags that one of the creator's would have, if it has none."""
    tags = _hashtags(order, brief, voice, [phrase for phrase in order.brand.must if phrase.startswith("#")])
    text = _assembled([candidate.text], tags)
    if candidate.hashtags or not tags or len(text) > order.max_length:
        return candidate
    return replace(candidate, text=text, hashtags=tuple(tags))


def within_limits(text: str, order: Order, hashtags: Sequence[str]) -> bool:
    """Return whether a text keeps the limits and has what the brand wants in it."""
    return (
        0 < len(text) <= order.max_length
        and len(hashtags) <= order.max_hashtags
        and all(has_phrase(text, phrase) for phrase in order.brand.must)
    )


def _composed(
    order: Order, brief: Brief, voice: Voice, opening: Line, call: Line | None, *, with_emoji: bool
) -> Candidate:
    # what has to be there is given room first; then hashtags, then the call, are left out before the brief is cut
    musts = [phrase.strip() for phrase in order.brand.must if not has_phrase(brief.text, phrase)]
    tags = _hashtags(order, brief, voice, [phrase for phrase in musts if phrase.startswith("#")])
    needed = [phrase for phrase in musts if not phrase.startswith("#")]
    kept = len(brief.hashtags) + sum(phrase.startswith("#") for phrase in musts)
    emoji = [voice.emoji] if with_emoji and voice.emoji else []
    attempts = [(call, emoji, n) for n in range(len(tags), min(kept, len(tags)) - 1, -1)]
    attempts.append((None, [], min(kept, len(tags))))
    for end, signs, n in attempts:
        body = _sentence_case(brief.words, voice, brief, after=opening.text)
        parts = [opening.text, body, *needed, *([end.text] if end else []), *signs]
        text = _assembled(parts, tags[:n])
        if len(text) <= order.max_length:
            return Candidate(text, opening, end, tuple(tags[:n]))
    room = order.max_length - len(_assembled([opening.text, *needed], tags[:kept])) - 2
    parts = [opening.text, _cut(brief.words, room), *needed]
    return Candidate(_assembled(parts, tags[:kept]), opening, None, tuple(tags[:kept]), is_cut=True)


def _hashtags(order: Order, brief: Brief, voice: Voice, must: Sequence[str]) -> list[str]:
    """Return the brief's hashtags and the brand's, then own ones: those about the brief, and signatures."""
    tags = [*brief.hashtags, *(each.lstrip("#") for each in must)]
    if voice.has_voice:
        signature = SIGNATURE_SHARE * len(voice.captions)
        for tag, count in voice.hashtags.most_common():
            about = tag_of(tag) in brief.content
            is_plain = not any(c.isdigit() for c in tag)
            if len(tags) < max(voice.usual_hashtags, len(brief.hashtags)) and (
                about or (count >= signature and is_plain)
            ):
                tags.append(tag)
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


def _sentence_case(body: str, voice: Voice, brief: Brief, *, after: str) -> str:
    """Return the brief with the first letter that fits its place and the creator's habit; names keep their capital."""
    first = bare_words(body)[:1]
    may_be_small = bool(first) and first[0] in voice.generic(brief.language) and not body.startswith(("I ", "I'"))
    if may_be_small and (voice.begins_small or after.endswith((":", ","))):
        return body[:1].lower() + body[1:]
    if after.endswith((":", ",")) or voice.begins_small:
        return body
    return body[:1].upper() + body[1:]


def _cut(text: str, room: int) -> str:
    """Return the beginning of a text that fits, cut after a word."""
    if len(text) <= room:
        return text
    beginning = text[: max(room - 1, 0)].rsplit(" ", 1)[0].rstrip(_ENDS + " ")
    return f"{beginning}…" if beginning else ""
