"""Write: compose candidates, drop what may not be shown, rank the rest by log P + eta V, and say why."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import chain, islice

from posts.content.lately import measure_draft
from predictions.captions.writing.candidates import Candidate, Order, compose, with_hashtags, within_limits
from predictions.captions.writing.facts import invented_facts
from predictions.captions.writing.lines import Brief, Origin
from predictions.captions.writing.moderation import CHECKED, has_phrase, verdicts
from predictions.captions.writing.shared_phrases import PHRASE
from predictions.captions.writing.tokens import bare_words, hashtags_of, model_tokens, phrases, without_hashtags
from predictions.captions.writing.voice import Voice

Value = Callable[[Sequence[str]], Sequence[float | None]]
"""V of captions: of each a number, or None where nothing can be said of it."""

POOL = 4
"""Composed candidates for each one that is wanted: the cheap filter chooses among them."""
LEAST_ALIKE = 0.02
"""Share of the own captions that are further from the creator's style; below, a candidate is unlike them."""


class Dropped(StrEnum):
    """A reason why a candidate was not shown."""

    LIMITS = "limits"
    """Too long, too many hashtags, or without room for the brand's words."""
    WORDS = "words"
    """A word list has a word of it."""
    BRAND = "brand"
    """It has a word that the brand never uses."""
    FACTS = "facts"
    """It says something that the brief does not."""
    COPY = "copy"
    """It is an own old caption."""
    FOREIGN = "foreign"
    """It has five words in a row that few others wrote, and the creator did not."""
    UNLIKE = "unlike"
    """It is unlike the creator's captions."""


@dataclass(frozen=True, slots=True)
class Ranked:
    """A candidate with the parts of its rank."""

    candidate: Candidate
    log_probability: float
    """Mean log P per token of the creator's model."""
    value: float | None
    alike: float | None
    """`Style.similarity`; None with too few captions."""
    score: float


@dataclass(frozen=True, slots=True)
class Writing:
    """An answer: candidates, best first, and what was dropped."""

    ranked: tuple[Ranked, ...]
    dropped: Mapping[Dropped, int]
    has_voice: bool
    """False: too few captions, so that templates alone were used."""
    is_moderated: bool
    """Whether there is a word list for the language."""
    brief_is_refused: bool
    """A word list, or the brand's, has a word of the brief itself: nothing is written with it."""


def write(order: Order, voice: Voice, value: Value, *, others: Iterable[Candidate] = ()) -> Writing:
    """Return at most `order.n` captions; `others` are candidates from elsewhere, held to the same rules."""
    brief = Brief(order.brief, voice, order.language)
    refused = bool(verdicts(brief.text)) or any(has_phrase(brief.text, phrase) for phrase in order.brand.never)
    dropped: Counter[Dropped] = Counter()
    kept: list[Candidate] = []
    texts: set[tuple[str, ...]] = set()
    elsewhere = (with_hashtags(each, order, brief, voice) for each in others)
    composed = () if refused else chain(elsewhere, islice(compose(order, brief, voice), POOL * order.n))
    for candidate in composed:
        if reason := _reason_to_drop(candidate, order, brief, voice):
            dropped[reason] += 1
        elif (words := bare_words(candidate.text)) not in texts:
            texts.add(words)
            kept.append(candidate)
    chosen = _most_alike(kept, voice, order.n, dropped)
    values = value([candidate.text for candidate in chosen]) if chosen else []
    ranked = [_ranked(candidate, each, order, voice) for candidate, each in zip(chosen, values, strict=True)]
    ranked.sort(key=lambda each: -each.score)
    return Writing(
        ranked=tuple(ranked),
        dropped=dict(dropped),
        has_voice=voice.has_voice,
        is_moderated=brief.language in CHECKED,
        brief_is_refused=refused,
    )


def _reason_to_drop(candidate: Candidate, order: Order, brief: Brief, voice: Voice) -> Dropped | None:
    text = candidate.text
    if not within_limits(text, order, hashtags_of(text)):
        return Dropped.LIMITS
    if verdicts(text):
        return Dropped.WORDS
    if any(has_phrase(text, phrase) for phrase in order.brand.never):
        return Dropped.BRAND
    source = " ".join([brief.text, *order.brand.must])
    if invented_facts(text, source, written_small=voice.written_small | voice.generic(brief.language)):
        return Dropped.FACTS
    if bare_words(without_hashtags(text)) in voice.whole_texts:
        return Dropped.COPY
    if voice.shared:
        given = phrases(source, PHRASE)
        new = phrases(text, PHRASE) - voice.own_phrases - given
        if any(phrase in voice.shared.rare for phrase in new):
            return Dropped.FOREIGN
    return None


def _most_alike(kept: Sequence[Candidate], voice: Voice, n: int, dropped: Counter[Dropped]) -> list[Candidate]:
    """Return the `n` candidates whose length and signs are most like the creator's; some of each kind of opening."""
    if voice.style is None:
        return list(kept[:n])
    alike = [(candidate, voice.style.surface_similarity(candidate.text)) for candidate in kept]
    near = [pair for pair in alike if pair[1] >= LEAST_ALIKE]
    # a brief that is longer than anything of theirs leaves nothing else
    if near and len(near) < len(alike):
        dropped[Dropped.UNLIKE] = len(alike) - len(near)
    by_origin: dict[Origin, list[Candidate]] = {}
    again: list[Candidate] = []
    for candidate, _alike in sorted(near or alike, key=lambda each: -each[1]):
        of_origin = by_origin.setdefault(candidate.opening.origin, [])
        is_new = all(candidate.opening.text != other.opening.text for other in of_origin)
        (of_origin if is_new else again).append(candidate)
    # in turns, so that one kind does not crowd out the others; an opening comes again once all were there
    turns = (each[i] for i in range(len(alike)) for each in by_origin.values() if i < len(each))
    return list(islice(chain(turns, again), n))


def _ranked(candidate: Candidate, value: float | None, order: Order, voice: Voice) -> Ranked:
    text = candidate.text
    log_probability = voice.model.log_probability(model_tokens(text)) if voice.model.vocabulary else 0.0
    alike = voice.style.similarity(text, measure_draft(text)) if voice.style else None
    # of what nothing is known, V is taken to be even
    score = log_probability + order.eta * (0.5 if value is None else value)
    return Ranked(candidate, log_probability, value, alike, score)
