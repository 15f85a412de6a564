"""Write: compose candidates, drop what may not be shown, choose the most alike, and rank them by log P + eta V."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from enum import StrEnum
from itertools import chain, islice

import numpy as np

from posts.content.lately import measure_draft
from predictions.captions.writing.candidates import Candidate, Order, compose, with_hashtags, within_limits
from predictions.captions.writing.facts import facts_of, invented_facts
from predictions.captions.writing.lines import Brief, Origin
from predictions.captions.writing.moderation import CHECKED, Verdict, has_phrase, verdicts
from predictions.captions.writing.shared_phrases import PHRASE
from predictions.captions.writing.tokens import bare_words, hashtags_of, model_tokens, phrases
from predictions.captions.writing.voice import Voice
from predictions.engine.types import Floats
from predictions.viralscore.subscores.columns import is_outrage

Runs = Set[tuple[str, ...]]
Value = Callable[[Sequence[str]], Sequence[float | None]]
"""V of captions: of each a number, or None where nothing can be said of it."""

POOL, LEAST_POOL, MOST_COMPOSED = 4, 48, 24
"""Candidates that are composed for each one that is wanted, and at least: the cheap filter chooses among them. While
too few keep the rules, more are composed, up to so many for each."""
_FAR = 2.0
"""Times the least usual own caption's distance beyond which a candidate is foreign to the creator."""
_OPENING_AGAIN, _END_AGAIN, _ORIGIN_AGAIN = 0.6, 0.35, 0.15
"""Deviations of style that a candidate is set back for each chosen one with its opening, its end, its kind."""
_SET_BACK = {Origin.TEMPLATE: 0.4, Origin.NEW: 0.5}
"""Deviations for words that the creator never wrote so."""
_COPIED = 0.9
"""Share of the runs of five words beside the brief's that are one own caption's, for a copy of it."""
LEAST_DIFFERENCE = 0.02
"""Standard deviation of V below which differences count for less than a deviation: they say too little."""
_LEAST_LOG = 0.1


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
    MISSING = "missing"
    """It leaves out a fact of the brief."""
    COPY = "copy"
    """It is an own old caption, or nearly."""
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
    """Log probability + eta V, both standardised within the captions of the answer."""


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
    brief_verdicts: frozenset[Verdict] = frozenset()
    """Reasons of the word lists for that; staff can be asked whether they are wrong."""
    values_differ: bool = False
    """Whether V differs enough between the captions to tell them apart."""


def write(order: Order, voice: Voice, value: Value, *, others: Iterable[Candidate] = ()) -> Writing:
    """Return at most `order.n` captions; `others` are candidates from elsewhere, held to the same rules."""
    brief = Brief(order.brief, voice, order.language)
    against = verdicts(brief.text, allowed=order.allowed)
    refused = bool(against) or any(has_phrase(brief.text, phrase) for phrase in order.brand.never)
    dropped: Counter[Dropped] = Counter()
    kept: list[Candidate] = []
    texts: set[tuple[str, ...]] = set()
    elsewhere = (with_hashtags(each, order, brief, voice) for each in others)
    composed = () if refused else chain(elsewhere, islice(compose(order, brief, voice), MOST_COMPOSED * order.n))
    source = " ".join([brief.text, *order.brand.must])
    given = phrases(source, PHRASE)
    for place, candidate in enumerate(composed, 1):
        if reason := _reason_to_drop(candidate, order, brief, voice, source, given):
            dropped[reason] += 1
        elif (words := bare_words(candidate.text)) not in texts:
            texts.add(words)
            kept.append(candidate)
        if place >= max(POOL * order.n, LEAST_POOL) and len(kept) >= 2 * order.n:
            break
    chosen = _chosen(kept, voice, order.n, dropped)
    texts_chosen = [candidate.text for candidate in chosen]
    values = without_lift(texts_chosen, value(texts_chosen)) if chosen else []
    ranked = _ranked(chosen, values, order, voice)
    return Writing(
        ranked=tuple(ranked),
        dropped=dict(dropped),
        has_voice=voice.has_voice,
        is_moderated=brief.language in CHECKED,
        brief_is_refused=refused,
        brief_verdicts=against,
        values_differ=_spread(values) >= LEAST_DIFFERENCE,
    )


def without_lift(texts: Sequence[str], values: Sequence[float | None]) -> list[float | None]:
    """Return V of captions, that of an angry one at most the mean of the others: nothing rewards controversy.

    Where all are angry nothing can be said of any.
    """
    angry = [is_outrage(measure_draft(text)) for text in texts]
    calm = [each for each, is_angry in zip(values, angry, strict=True) if each is not None and not is_angry]
    if not any(angry):
        return list(values)
    most = float(np.mean(calm)) if calm else None

    def capped(each: float | None) -> float | None:
        return None if each is None or most is None else min(each, most)

    return [capped(each) if is_angry else each for each, is_angry in zip(values, angry, strict=True)]


def _reason_to_drop(
    candidate: Candidate, order: Order, brief: Brief, voice: Voice, source: str, given: Runs
) -> Dropped | None:
    """Return why it may not be shown, if so; `source` is what may be said, with its runs of words."""
    text, is_ours = candidate.text, candidate.opening.origin is not Origin.ENDPOINT
    if not within_limits(text, order, candidate.hashtags if is_ours else hashtags_of(text)):
        return Dropped.LIMITS
    if verdicts(text, allowed=order.allowed):
        return Dropped.WORDS
    if any(has_phrase(text, phrase) for phrase in order.brand.never):
        return Dropped.BRAND
    # a hashtag of the creator's own is no fact; a number in one from elsewhere is
    said = candidate.plain if is_ours else text
    if invented_facts(said, source, written_small=voice.written_small | voice.generic(brief.language)):
        return Dropped.FACTS
    if not is_ours and facts_of(brief.text) - facts_of(text):
        return Dropped.MISSING
    if bare_words(candidate.plain) in voice.whole_texts or _is_copied(candidate.plain, given, voice):
        return Dropped.COPY
    if voice.shared:
        new = phrases(text, PHRASE) - voice.own_phrases - given
        if any(phrase in voice.shared.rare for phrase in new):
            return Dropped.FOREIGN
    return None


def _is_copied(plain: str, given: Runs, voice: Voice) -> bool:
    """Return whether nearly all that the text has beside what was given stands in one own caption."""
    runs = phrases(plain, PHRASE) - given
    found = Counter(place for run in runs for place in voice.captions_with.get(run, ()))
    return bool(found) and max(found.values()) >= _COPIED * len(runs)


def _chosen(kept: Sequence[Candidate], voice: Voice, n: int, dropped: Counter[Dropped]) -> list[Candidate]:
    """Return `n` candidates whose length and signs are like the creator's and that are unlike each other.

    Style weighs and does not cut, but for what is foreign to the creator.
    """
    style = voice.style
    apart = {id(each): style.surface_distance(each.plain, len(each.hashtags)) if style else 0.0 for each in kept}
    near = [each for each in kept if style is None or apart[id(each)] <= _FAR * max(style.farthest, 1.0)]
    # a brief that is longer than anything of theirs leaves nothing else
    if near and len(near) < len(kept):
        dropped[Dropped.UNLIKE] = len(kept) - len(near)
    left = list(near or kept)
    costs = [apart[id(each)] + (_SET_BACK.get(each.opening.origin, 0.0) if voice.has_voice else 0.0) for each in left]
    chosen: list[Candidate] = []
    while left and len(chosen) < n:
        best = left.pop(place := min(range(len(costs)), key=costs.__getitem__))
        costs.pop(place)
        chosen.append(best)
        for i, each in enumerate(left):
            costs[i] += (
                _OPENING_AGAIN * (each.opening.text == best.opening.text)
                + _END_AGAIN * (each.call == best.call)
                + _ORIGIN_AGAIN * (each.opening.origin is best.opening.origin)
            )
    return chosen


def _ranked(chosen: Sequence[Candidate], values: Sequence[float | None], order: Order, voice: Voice) -> list[Ranked]:
    """Return the candidates with the parts of their ranks, best first."""
    model = voice.model
    logs = [model.log_probability(model_tokens(each.text)) if model.vocabulary else 0.0 for each in chosen]
    scores = _standardised(logs, _LEAST_LOG) + order.eta * _standardised(values, LEAST_DIFFERENCE)
    alike = [voice.style.similarity(each.text, measure_draft(each.text)) if voice.style else None for each in chosen]
    parts = zip(chosen, logs, values, alike, scores.tolist(), strict=True)
    return sorted((Ranked(*each) for each in parts), key=lambda each: -each.score)


def _standardised(values: Sequence[float | None], least: float) -> Floats:
    """Return (n,) values less their mean, in deviations of at least `least`; what is not known is taken to be even."""
    known = np.array([np.nan if value is None else value for value in values], dtype=float)
    if np.isnan(known).all():
        return np.zeros(len(known))
    deviations: Floats = (known - np.nanmean(known)) / max(float(np.nanstd(known)), least)
    return np.where(np.isnan(deviations), 0.0, deviations)


def _spread(values: Sequence[float | None]) -> float:
    known = [value for value in values if value is not None]
    return float(np.std(known)) if known else 0.0
