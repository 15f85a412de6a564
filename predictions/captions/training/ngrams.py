"""The n-grams that serve, as P of the same words: as they are, and as parts of a mixture that can spell any word."""

import math
from collections import Counter
from collections.abc import Sequence

import numpy as np

from predictions.captions.training.corpus import Words
from predictions.captions.writing.evaluation import SPELT_BITS
from predictions.captions.writing.language_model import ORDER, KneserNeyModel, VoiceModel, ngrams_of
from predictions.captions.writing.tokens import END, START
from predictions.engine.types import Floats

_PRIOR = 5.0
"""Words that each part of a mixture is taken to have explained already."""
_ROUNDS = 50


class NgramParts:
    """P of words under a creator's n-grams, under other creators', and spelt letter by letter."""

    def __init__(self, others: Sequence[Words]) -> None:
        self._others = _kneser_ney(others)
        self._letters = VoiceModel([tuple(word) for word in sorted({w for words in others for w in words})], None)

    def logs(self, own: Sequence[Words], captions: Sequence[Words]) -> Floats:
        """Return (3, n), log P of the captions' words and ends."""
        model = _kneser_ney(own)
        parts = [
            [model.probability(word, context), self._others.probability(word, context), self._spelt(word)]
            for words in captions
            for word, context in _with_contexts(words)
        ]
        with np.errstate(divide="ignore"):
            logs: Floats = np.log(np.array(parts).T)
        return logs

    def served(self, own: Sequence[Words], captions: Sequence[Words]) -> Floats:
        """Return (n,), log P under the model that writes: a word that nobody used costs `SPELT_BITS` a byte."""
        voice = VoiceModel(own, None)
        known = voice.vocabulary | self._others.counts.unigrams.keys()
        # the uniform part is over the vocabulary of both, as `evaluate_captions` has it
        unknown = math.log((len(voice.vocabulary) + 1) / (len(known) + 1))
        logs = []
        for words in captions:
            for word, log_p in zip([*words, END], voice.log_probabilities(words), strict=True):
                spelt = 0.0 if word in known else SPELT_BITS * len(word.encode()) * math.log(2)
                logs.append(log_p + (0.0 if word in voice.vocabulary else unknown) - spelt)
        return np.array(logs)

    def _spelt(self, word: str) -> float:
        if word == END:
            return 0.0
        logs = self._letters.log_probabilities(word)
        unknown = sum(len(letter.encode()) for letter in word if letter not in self._letters.vocabulary)
        return math.exp(sum(logs) - SPELT_BITS * unknown * math.log(2))


def mixture_weights(logs: Floats) -> Floats:
    """Return (k,), the weights of a linear mixture that make the words of (k, n) log P likeliest (EM)."""
    weights = np.full(len(logs), 1 / len(logs))
    p = np.exp(logs)
    for _ in range(_ROUNDS):
        shares = weights[:, None] * p
        explained = (shares / shares.sum(axis=0)).sum(axis=1) + _PRIOR
        weights = explained / explained.sum()
    return weights


def mixed(weights: Floats, logs: Floats) -> Floats:
    """Return (n,), log P under the mixture."""
    found: Floats = np.log(weights @ np.exp(logs))
    return found


def _kneser_ney(captions: Sequence[Words]) -> KneserNeyModel:
    return KneserNeyModel(Counter(gram for words in captions for gram in ngrams_of(words)))


def _with_contexts(words: Words) -> list[tuple[str, Words]]:
    padded = (*[START] * (ORDER - 1), *words, END)
    return [(padded[i], padded[i - ORDER + 1 : i]) for i in range(ORDER - 1, len(padded))]
