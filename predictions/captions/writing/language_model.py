"""A creator's n-gram model: interpolated Kneser-Ney of nltk, mixed with what many creators share.

model = VoiceModel(own=[model_tokens(text) for text in captions], shared=None)
model.log_probability(model_tokens("wait for it"))
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import posts.content.nltk_alone  # noqa: F401

# isort: split
from nltk.lm.models import InterpolatedLanguageModel
from nltk.lm.preprocessing import pad_both_ends
from nltk.lm.smoothing import KneserNey
from nltk.util import everygrams

from predictions.captions.writing.tokens import END, START

ORDER = 3
DISCOUNT = 0.75
UNIFORM = 0.02
"""Weight of the uniform distribution, so that an unknown word has a probability."""
SHARED_TOKENS = 1_500
"""Own tokens at which the creator's model and the shared one weigh the same."""

Tokens = Sequence[str]
NgramCounts = Mapping[tuple[str, ...], int]


class _IndexedKneserNey(KneserNey):  # type: ignore[misc] # nltk has no types
    """Kneser-Ney whose continuation counts are counted once: nltk counts all n-grams again for each word."""

    def __init__(self, vocabulary: Any, counter: Any, order: int, discount: float, **options: Any) -> None:
        super().__init__(vocabulary, counter, order, discount, **options)
        self._continuations: dict[tuple[str, ...], Counter[str]] | None = None

    def _continuation_counts(self, word: str, context: tuple[str, ...] = ()) -> tuple[int, int]:
        if self._continuations is None:
            self._continuations = defaultdict(Counter)
            for length in range(2, self._order + 1):
                for prefix, following in self.counts[length].items():
                    self._continuations[prefix[1:]].update(following.keys())
        counts = self._continuations.get(tuple(context), Counter())
        return counts[word], max(counts.total(), 1)


class KneserNeyModel(InterpolatedLanguageModel):  # type: ignore[misc] # nltk has no types
    """Interpolated Kneser-Ney as in `nltk.lm.KneserNeyInterpolated`, fast enough to score while somebody waits."""

    def __init__(self, counts: NgramCounts) -> None:
        """`counts`: n-grams of each length up to `ORDER`, with START and END, and how often each is."""
        super().__init__(_IndexedKneserNey, ORDER, params={"discount": DISCOUNT, "order": ORDER})
        self.fit([], [gram[0] for gram in counts if len(gram) == 1])
        for gram, count in counts.items():
            if len(gram) == 1:
                self.counts.unigrams[gram[0]] = count
            else:
                self.counts[len(gram)][gram[:-1]][gram[-1]] = count

    def probability(self, word: str, context: tuple[str, ...]) -> float:
        """Return P(word | context), 0 for a word that the model does not know."""
        if word not in self.counts.unigrams:
            return 0.0
        # a context that was never seen says nothing; looking it up would store it
        while context and context not in self.counts[len(context) + 1]:
            context = context[1:]
        return float(self.unmasked_score(word, context))

    def following(self, context: tuple[str, ...]) -> Mapping[str, int]:
        """Return the words seen after the context, with their counts."""
        if context not in self.counts[len(context) + 1]:
            return {}
        following: Mapping[str, int] = self.counts[len(context) + 1][context]
        return following


def ngrams_of(tokens: Tokens) -> list[tuple[str, ...]]:
    """Return all n-grams up to `ORDER` of one text, with its beginning and end; the padding alone is not among them."""
    padded = list(pad_both_ends(tokens, n=ORDER))
    return [gram for gram in everygrams(padded, max_len=ORDER) if gram[-1] != START and END not in gram[:-1]]


class VoiceModel:
    """P(word | two words before) of one creator: own captions, and below them what many creators share."""

    def __init__(self, own: Iterable[Tokens], shared: KneserNeyModel | None) -> None:
        counts = Counter(gram for tokens in own for gram in ngrams_of(tokens))
        self.tokens = sum(count for gram, count in counts.items() if len(gram) == 1)
        self.own = KneserNeyModel(counts) if counts else None
        self.shared = shared
        self.own_weight = self.tokens / (self.tokens + SHARED_TOKENS) if shared else 1.0
        models = [model for model in (self.own, shared) if model]
        self.vocabulary = frozenset(word for model in models for word in model.counts.unigrams)
        self._known: dict[tuple[str, ...], float] = {}

    def probability(self, word: str, context: tuple[str, ...]) -> float:
        """Return P(word | context); all unknown words share one probability."""
        key = (*context, word)
        if key not in self._known:
            mixed = self.own_weight * self.own.probability(word, context) if self.own else 0.0
            if self.shared:
                mixed += (1 - self.own_weight) * self.shared.probability(word, context)
            self._known[key] = (1 - UNIFORM) * mixed + UNIFORM / (len(self.vocabulary) + 1)
        return self._known[key]

    def log_probabilities(self, tokens: Tokens) -> list[float]:
        """Return log P of each token and of the end, natural logarithm."""
        padded = [*[START] * (ORDER - 1), *tokens, END]
        return [
            math.log(self.probability(padded[i], tuple(padded[i - ORDER + 1 : i])))
            for i in range(ORDER - 1, len(padded))
        ]

    def log_probability(self, tokens: Tokens) -> float:
        """Return the mean log P per token, the end among them."""
        each = self.log_probabilities(tokens)
        return sum(each) / len(each)
