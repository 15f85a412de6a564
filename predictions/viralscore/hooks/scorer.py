"""The hook scorer: a linear mixed model of click rates, with tests and pictures as random effects.

The log odds of a click of a headline in a test are modelled as

    test + picture + sum over blocks of features x . b,   b ~ N(0, variance of the block),

with the variance of each row that its number of clicks gives, and some beyond (Gelman and Hill, "Data Analysis Using
Regression", 2007, ch. 12 to 14). Pairs under one picture are compared without the others' noise, and headlines under
different pictures of a test still say something. It is one sparse least squares problem (Paige and Saunders, "LSQR",
ACM TOMS, 1982).
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from multiprocessing.pool import ThreadPool
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.linalg import lsqr
from sklearn.feature_extraction.text import TfidfVectorizer

from posts.content.meanings import stored_encoder
from predictions.engine.threads import one_blas_thread
from predictions.engine.types import Floats
from predictions.viralscore.hooks.measures import hook_measures
from predictions.viralscore.hooks.packages import MAX_HEADLINE, Package

VARIANCES = {"letters": 0.025, "words": 0.05, "meaning": 0.05, "measures": 0.025}
"""Of each block of features, chosen by splits of the archive by test (docs/experiments/2026-11-subscores.md)."""
TEST_VARIANCE, PICTURE_VARIANCE = 1.0, 0.03
OVERDISPERSION = 0.1
"""Variance of the log odds beyond that of counts."""
ITERATIONS = 150
MEANING_WIDTH = 512
"""Of the sentence encoder's output, all of which is used: what it keeps for topics says less here."""
_WORD_OR_SIGN = r"[\w']+|[?!.,:;]"
_FAR = 4.0
"""Standard deviations at which a measure is cut off: one odd headline moves no other's score."""


class TooLittleToLearn(ValueError):
    """No test has two headlines to compare."""


@dataclass(frozen=True, slots=True)
class _Shown:
    """n distinct headlines of tests under a picture, with what they were shown and clicked."""

    test: NDArray[np.int64]
    picture: NDArray[np.int64]
    headline: list[str]
    impressions: Floats
    clicks: Floats


class HookScorer:
    """Use `HookScorer.fit(packages)`, then `score(headlines)`."""

    def __init__(self, features: "_Features", weights: Floats, tests: int) -> None:
        self._features = features
        self._weights = weights
        self.tests = tests
        """Tests that it learned from."""

    @classmethod
    @one_blas_thread()
    def fit(cls, packages: Sequence[Package], *, blocks: Sequence[str] = tuple(VARIANCES)) -> Self:
        """Learn from packages, with some of the blocks of features. Raises TooLittleToLearn.

        The same packages in the same order give the same scorer.
        """
        shown = _comparable(packages)
        features = _Features(shown.headline, blocks)
        rows = len(shown.headline)
        random_effects = [
            np.sqrt(variance) * sparse.csr_matrix((np.ones(rows), (np.arange(rows), level)))
            for variance, level in ((TEST_VARIANCE, shown.test), (PICTURE_VARIANCE, shown.picture))
        ]
        # half a click more of either kind, or no click would have no log odds
        clicked, passed = shown.clicks + 0.5, shown.impressions - shown.clicks + 0.5
        odds = np.log(clicked / passed)
        precision = 1 / np.sqrt(1 / clicked + 1 / passed + OVERDISPERSION)
        text = features.of(shown.headline)
        design = sparse.diags(precision) @ sparse.hstack([text, *random_effects]).tocsr()
        solved = lsqr(design, precision * (odds - odds.mean()), damp=1.0, iter_lim=ITERATIONS, atol=1e-6, btol=1e-6)
        return cls(features, solved[0][: text.shape[1]], len(np.unique(shown.test)))

    @one_blas_thread()
    def score(self, headlines: Sequence[str]) -> Floats:
        """Return the expected log odds of a click (n,) against the test's level; they compare within a test."""
        if not headlines:
            return np.zeros(0)
        scores: Floats = self._features.of(headlines) @ self._weights
        return scores


class _Features:
    """The blocks of features, fitted on the headlines that are learned from, scaled by their deviations."""

    def __init__(self, headlines: Sequence[str], blocks: Sequence[str]) -> None:
        texts = [headline[:MAX_HEADLINE] for headline in headlines]
        self._blocks = blocks
        self._letters = _vectorizer(texts, analyzer="char_wb", ngram_range=(2, 5))
        self._words = _vectorizer(texts, ngram_range=(1, 2), token_pattern=_WORD_OR_SIGN)
        measured = np.array([hook_measures(text) for text in texts])
        self._mean, self._sd = measured.mean(axis=0), measured.std(axis=0)
        self._middle = _meanings(texts).mean(axis=0)

    def of(self, headlines: Sequence[str]) -> sparse.csr_matrix:
        """Return the features (n, width) of headlines; each row depends on its own headline alone."""
        texts = [headline[:MAX_HEADLINE] for headline in headlines]
        block_of = {
            "letters": self._letters.transform,
            "words": self._words.transform,
            "meaning": self._centred_meanings,
            "measures": self._scaled_measures,
        }
        scaled = [np.sqrt(VARIANCES[name]) * block_of[name](texts) for name in VARIANCES if name in self._blocks]
        return sparse.csr_matrix(sparse.hstack(scaled))

    def _centred_meanings(self, texts: Sequence[str]) -> sparse.csr_matrix:
        meanings = _meanings(texts) - self._middle
        lengths = np.linalg.norm(meanings, axis=1, keepdims=True)
        return sparse.csr_matrix(meanings / np.where(lengths > 0, lengths, 1.0))

    def _scaled_measures(self, texts: Sequence[str]) -> sparse.csr_matrix:
        measured = np.array([hook_measures(text) for text in texts]) - self._mean
        measured = np.clip(measured / np.where(self._sd > 0, self._sd, 1.0), -_FAR, _FAR)
        return sparse.csr_matrix(measured / np.sqrt(measured.shape[1]))


def _meanings(texts: Sequence[str]) -> Floats:
    """Return the sentence encoder's own output (n, 512) for texts, each of length one; zero for an empty text."""
    # headlines stand under several pictures, and encoding takes longer than all else
    distinct = sorted(set(texts))
    with ThreadPool() as threads:
        encoded = dict(zip(distinct, threads.map(_meaning, distinct, chunksize=64), strict=True))
    return np.array([encoded[text] for text in texts], dtype=np.float64)


def _vectorizer(texts: Sequence[str], **kind: Any) -> TfidfVectorizer:
    """Return a fitted vectorizer of what stands in two texts or more, which has a vocabulary for any texts."""
    return TfidfVectorizer(sublinear_tf=True, min_df=2, dtype=np.float64, **kind).fit([*texts, *2 * ["a headline"]])


@lru_cache(maxsize=2**15)
def _meaning(text: str) -> NDArray[np.float32]:
    encoder = stored_encoder()
    pieces = encoder.pieces_of(text)
    return encoder.encode(pieces) if pieces else np.zeros(MEANING_WIDTH, dtype=np.float32)


def _comparable(packages: Sequence[Package]) -> _Shown:
    """Return the distinct headlines of tests that have two or more. Raises TooLittleToLearn."""
    counts: defaultdict[tuple[str, str, str], list[float]] = defaultdict(lambda: [0.0, 0.0])
    for package in packages:
        total = counts[package.test_id, package.picture_id, package.headline]
        total[0] += package.impressions
        total[1] += package.clicks
    headlines: defaultdict[str, set[str]] = defaultdict(set)
    for test, _, headline in counts:
        headlines[test].add(headline)
    kept = [(key, total) for key, total in counts.items() if len(headlines[key[0]]) > 1]
    if not kept:
        raise TooLittleToLearn("Nothing can be learned: no test has two headlines.")
    return _Shown(
        test=np.unique([test for (test, _, _), _ in kept], return_inverse=True)[1],
        picture=np.unique([f"{test}\0{picture}" for (test, picture, _), _ in kept], return_inverse=True)[1],
        headline=[headline for (_, _, headline), _ in kept],
        impressions=np.array([total[0] for _, total in kept]),
        clicks=np.array([total[1] for _, total in kept]),
    )
