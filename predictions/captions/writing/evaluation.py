"""Evaluate the writer forward in time: on each creator's later captions, by a voice learned from the earlier ones."""

import math
import random
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace

import numpy as np
from nltk.translate.bleu_score import SmoothingFunction, sentence_bleu

from predictions.captions.writing.candidates import Order
from predictions.captions.writing.language_model import VoiceModel
from predictions.captions.writing.lines import Brief
from predictions.captions.writing.ranking import Value, Writing, write
from predictions.captions.writing.shared_phrases import PHRASE, SharedPhrases
from predictions.captions.writing.tokens import END, bare_words, hashtags_of, model_tokens, phrases, without_hashtags
from predictions.captions.writing.voice import FEWEST_CAPTIONS, OwnCaption, Voice, has_words

TRAINED_SHARE = 0.7
"""Share of a creator's captions, the earliest, that their voice is learned from."""
SPELT_BITS = 8.0
"""Bits for each byte of a word that no model knows, the same for all."""

Judge = Callable[[str], float]
Runs = set[tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Split:
    """A creator's captions, cut at a moment."""

    account_id: str
    earlier: Sequence[OwnCaption]
    later: Sequence[OwnCaption]


@dataclass(frozen=True, slots=True)
class Bits:
    """Bits that held-out words cost under models of the same vocabulary."""

    tokens: int
    unknown_share: float
    own_per_token: float
    mixed_per_token: float
    """Own and shared phrases, as the writer ranks."""
    pooled_per_token: float
    """All other creators' captions, which the writer never uses: a yardstick."""
    uniform_per_token: float
    own_per_byte: float
    pooled_per_byte: float


@dataclass(frozen=True, slots=True)
class Quality:
    """Properties of the captions that were written, means over briefs."""

    briefs: int
    candidates: float
    """Of each brief."""
    cpu_p50_ms: float
    cpu_p95_ms: float
    distinct_1: float
    distinct_2: float
    bleu: float
    """Of the first candidate against the held-out caption that the brief was made of."""
    rouge_l: float
    brief_bleu: float
    """Of the brief alone: what the candidate adds to it."""
    brief_rouge_l: float
    copied: float
    """Share of the candidates' runs of five words that are an own caption's; the brief's are not counted."""
    foreign: int
    """Candidates with a run of five words that only others wrote."""
    alike: float
    alike_held_out: float
    """Of the creator's own later captions: what a candidate can reach."""
    length_drift: float
    """Mean log ratio of the length to the held-out caption's."""
    dropped: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Wins:
    """Share of briefs in which a judge that was not the reward prefers the caption ranked first with V to another."""

    judge_correlation: float
    """Of the judge with what later posts did, cross-validated: how much a win means."""
    briefs: int
    same: float
    """Share of the briefs where both rank the same caption first."""
    over_voice_alone: float
    """Share of the others where it beats the one ranked first with eta 0."""
    voice_over_random: float
    """Share where the one ranked first with eta 0 beats one chosen at random."""


def split(account_id: str, captions: Sequence[OwnCaption]) -> Split | None:
    """Return the captions cut in two; None with too few. They are in order of publishing."""
    written = [each for each in captions if has_words(each.text)]
    cut = int(TRAINED_SHARE * len(written))
    return Split(account_id, written[:cut], written[cut:]) if cut >= FEWEST_CAPTIONS else None


def bits_of(splits: Sequence[Split], shared: SharedPhrases | None) -> Bits:
    """Return what held-out captions cost under the creator's own model, a pooled one, and a uniform one."""
    totals: defaultdict[str, float] = defaultdict(float)
    for each in splits:
        others = [model_tokens(c.text) for other in splits if other is not each for c in other.earlier]
        own = [model_tokens(c.text) for c in each.earlier]
        models = {
            "own": VoiceModel(own, None),
            "mixed": VoiceModel(own, shared.model if shared else None),
            "pooled": VoiceModel(others, None),
        }
        vocabulary = models["own"].vocabulary | models["pooled"].vocabulary
        for caption in each.later:
            tokens = model_tokens(caption.text)
            ends = [*tokens, END]
            spelt = [SPELT_BITS * len(token.encode()) if token not in vocabulary else 0.0 for token in ends]
            totals["tokens"] += len(ends)
            totals["unknown"] += sum(bits > 0 for bits in spelt)
            totals["bytes"] += len(" ".join(tokens).encode()) + 1
            totals["uniform"] += len(ends) * math.log2(len(vocabulary) + 1) + sum(spelt)
            for name, model in models.items():
                # the uniform part of each is over the vocabulary of both, so that all are models of the same words
                correction = math.log2((len(vocabulary) + 1) / (len(model.vocabulary) + 1))
                for token, log_p in zip(ends, model.log_probabilities(tokens), strict=True):
                    known = token in model.vocabulary
                    totals[name] += -log_p / math.log(2) + (0.0 if known else correction)
                totals[name] += sum(spelt)
    n, size = totals["tokens"], totals["bytes"]
    return Bits(
        tokens=int(n),
        unknown_share=totals["unknown"] / n,
        own_per_token=totals["own"] / n,
        mixed_per_token=totals["mixed"] / n,
        pooled_per_token=totals["pooled"] / n,
        uniform_per_token=totals["uniform"] / n,
        own_per_byte=totals["own"] / size,
        pooled_per_byte=totals["pooled"] / size,
    )


def brief_of(caption: OwnCaption, voice: Voice) -> str:
    """Return a brief as a creator may write it: the words of a caption that name a subject, in their order."""
    brief = Brief(caption.text, voice)
    words = [word for word in without_hashtags(caption.text).split() if set(bare_words(word)) & brief.content]
    return " ".join([*words, *(f"#{tag}" for tag in hashtags_of(caption.text)[:2])])


def evaluate(
    splits: Sequence[Split],
    values: Mapping[str, Value],
    shared: SharedPhrases | None,
    judge: Judge,
    judge_correlation: float,
    *,
    briefs: int,
    n: int,
    eta: float,
    seed: int = 0,
) -> tuple[Quality, Wins]:
    """Write `n` captions for `briefs` held-out captions of each creator and measure them; `values` by account."""
    chance = random.Random(seed)
    runs = {each.account_id: set().union(*(phrases(c.text, PHRASE) for c in each.earlier)) for each in splits}
    texts: list[str] = []
    rows: list[dict[str, float]] = []
    dropped: Counter[str] = Counter()
    compared: list[tuple[bool, bool, bool]] = []
    for each in splits:
        voice = Voice(each.earlier, shared)
        others = set().union(*(found for account_id, found in runs.items() if account_id != each.account_id))
        for caption in chance.sample(list(each.later), min(briefs, len(each.later))):
            order = Order(brief=brief_of(caption, voice), n=n, eta=eta, max_length=150)
            if not order.brief.strip():
                continue
            began = time.process_time()
            writing = write(order, voice, values[each.account_id])
            took = 1000 * (time.process_time() - began)
            dropped.update({reason.value: count for reason, count in writing.dropped.items()})
            if not writing.ranked:
                continue
            written = [ranked.candidate.text for ranked in writing.ranked]
            texts += written
            rows.append(_row(writing, caption, order.brief, runs[each.account_id], others, voice) | {"took": took})
            by_voice = max(writing.ranked, key=lambda ranked: ranked.log_probability).candidate.text
            by_both = written[0]
            at_random = chance.choice(written)
            compared.append(
                (
                    by_both == by_voice,
                    judge(by_both) > judge(by_voice),
                    judge(by_voice) + 1e-9 * chance.random() > judge(at_random),
                )
            )
    mean = {name: float(np.mean([row[name] for row in rows])) for name in rows[0]}
    took_all = [row["took"] for row in rows]
    quality = Quality(
        briefs=len(rows),
        candidates=mean["candidates"],
        cpu_p50_ms=float(np.percentile(took_all, 50)),
        cpu_p95_ms=float(np.percentile(took_all, 95)),
        distinct_1=_distinct(texts, 1),
        distinct_2=_distinct(texts, 2),
        bleu=mean["bleu"],
        rouge_l=mean["rouge_l"],
        brief_bleu=mean["brief_bleu"],
        brief_rouge_l=mean["brief_rouge_l"],
        copied=mean["copied"],
        foreign=int(sum(row["foreign"] for row in rows)),
        alike=mean["alike"],
        alike_held_out=mean["alike_held_out"],
        length_drift=mean["length_drift"],
        dropped=dict(dropped),
    )
    differing = [over for same, over, _random in compared if not same]
    wins = Wins(
        judge_correlation=judge_correlation,
        briefs=len(compared),
        same=1 - len(differing) / len(compared),
        over_voice_alone=float(np.mean(differing)) if differing else math.nan,
        voice_over_random=float(np.mean([won for _same, _over, won in compared])),
    )
    return quality, wins


def report_of(bits: Bits, quality: Quality, wins: Wins) -> dict[str, object]:
    """Return all figures as one plain object."""
    return {"bits": asdict(bits), "quality": asdict(quality), "wins": asdict(wins)}


def known_by(caption: OwnCaption) -> OwnCaption:
    """Return the caption without how its post did: what a writer must not know of a held-out one."""
    return replace(caption, lift=None)


def rouge_l(candidate: Sequence[str], reference: Sequence[str]) -> float:
    """Return ROUGE-L's F1 (Lin, 2004): of the longest common subsequence.

    >>> rouge_l(["a", "b", "c"], ["a", "x", "c"])
    0.6666666666666666
    """
    if not candidate or not reference:
        return 0.0
    row = [0] * (len(reference) + 1)
    for token in candidate:
        diagonal = 0
        for i, other in enumerate(reference, 1):
            diagonal, row[i] = row[i], diagonal + 1 if token == other else max(row[i], row[i - 1])
    return 2 * row[-1] / (len(candidate) + len(reference))


def _row(
    writing: Writing,
    caption: OwnCaption,
    brief: str,
    own: set[tuple[str, ...]],
    others: set[tuple[str, ...]],
    voice: Voice,
) -> dict[str, float]:
    first = writing.ranked[0].candidate.text
    reference = bare_words(caption.text)
    given = phrases(brief, PHRASE)
    found = [phrases(each.candidate.text, PHRASE) - given for each in writing.ranked]
    all_runs = sum(map(len, found))
    style = voice.style
    assert style is not None
    return {
        "candidates": len(writing.ranked),
        "bleu": _bleu(bare_words(first), reference),
        "rouge_l": rouge_l(bare_words(first), reference),
        "brief_bleu": _bleu(bare_words(brief), reference),
        "brief_rouge_l": rouge_l(bare_words(brief), reference),
        "copied": sum(len(each & own) for each in found) / all_runs if all_runs else 0.0,
        "foreign": sum(bool((each - own) & others) for each in found),
        "alike": float(np.mean([each.alike or 0.0 for each in writing.ranked])),
        "alike_held_out": style.similarity(caption.text, caption.measures),
        "length_drift": math.log(len(first) / max(len(caption.text), 1)),
    }


def _bleu(candidate: Sequence[str], reference: Sequence[str]) -> float:
    return (
        float(sentence_bleu([reference], candidate, smoothing_function=SmoothingFunction().method1))
        if candidate
        else 0.0
    )


def _distinct(texts: Sequence[str], length: int) -> float:
    """Return the share of n-grams that are different ones (Li et al., NAACL 2016)."""
    all_grams = [words[i : i + length] for words in map(bare_words, texts) for i in range(len(words) - length + 1)]
    return len(set(all_grams)) / max(len(all_grams), 1)
