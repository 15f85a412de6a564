"""Predict the popularity of posts of content files: boosted trees and a Gaussian process, half and half.

Other accounts' posts say little about a post beside its account's size: so few posts, in so many words, that a process
with two kernels ranks as well as trees on a hundred columns, and both together better than either.
"""

from dataclasses import dataclass
from typing import Any, Self

import lightgbm as lgb
import numpy as np
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer

from predictions.engine.types import DAY, HOUR, Floats
from predictions.viralscore.content_file import ACCOUNT, NUMBERS, VIDEO, ContentPosts

_TOPICS = 64
BOOSTERS = 3
"""Boosters whose mean is taken: each alone is a draw of rows and columns."""
_ROUNDS = 300
_PARAMETERS = {
    "objective": "l1", "learning_rate": 0.03, "num_leaves": 15, "min_data_in_leaf": 20, "bagging_fraction": 0.8,
    "bagging_freq": 1, "feature_fraction": 0.6, "deterministic": True, "force_row_wise": True, "num_threads": 1,
    "verbose": -1,
}  # fmt: skip
_MONTH = 30 * DAY

_ACCOUNT_SHARE, _TEXT_SHARE, _BOTH_SHARE, _NOISE = 0.4, 0.1, 0.1, 0.3
"""Variances of the process's kernels and of the noise, as shares of the target's variance."""
_REACH = 2.0
"""Length scale of the accounts' kernel, in standard deviations of its columns."""


@dataclass(frozen=True, slots=True)
class TextEncoder:
    """Character n-grams of words, weighed by rarity, and their main directions, as learned from training posts."""

    grams: TfidfVectorizer
    topics: TruncatedSVD | None
    """None where there is too little text for any."""

    @classmethod
    def fit(cls, words: list[str]) -> Self:
        """Learn from texts, of which any may be empty."""
        options = {"analyzer": "char_wb", "ngram_range": (3, 5), "max_features": 60_000, "sublinear_tf": True}
        # without text there would be no vocabulary; this one is never met
        grams = TfidfVectorizer(min_df=min(3, len(words)), **options)
        try:
            vectors = grams.fit_transform(words)
        except ValueError:
            return cls(TfidfVectorizer(**options).fit(["\x00\x00\x00"]), None)
        topics = min(_TOPICS, min(vectors.shape) - 1)
        return cls(grams, TruncatedSVD(topics, random_state=0).fit(vectors) if topics > 0 else None)


@dataclass(frozen=True, slots=True)
class AccountTextProcess:
    """A Gaussian process with kernels of the account's size, the text, and both."""

    middle: Floats  # (columns,)
    spread: Floats  # (columns,)
    account: Floats  # (n, columns) of the training posts, scaled
    vectors: Any  # (n, grams) sparse
    level: float
    dual: Floats  # (n,)
    uses_text: bool

    @classmethod
    def fit(cls, account: Floats, vectors: Any, target: Floats, *, uses_text: bool = True) -> Self:
        """Fit to targets (n,). Unknown columns become the median; without text the account's kernel is alone."""
        known = np.where(np.isnan(account).all(axis=0), 0.0, account)
        middle = np.nanmedian(known, axis=0)
        spread = np.nanstd(known, axis=0)
        blank = cls(
            middle, np.where(spread > 0, spread, 1.0), account, vectors, float(target.mean()), target, uses_text
        )
        scaled = blank._scaled(account)
        kernel = blank._kernel(scaled, vectors, scaled, vectors)
        kernel[np.diag_indices(len(target))] += _NOISE
        dual = np.linalg.solve(kernel, target - blank.level).astype(np.float64)
        return cls(middle, blank.spread, scaled, vectors, blank.level, dual, uses_text)

    def predict(self, account: Floats, vectors: Any) -> Floats:
        """Return the means (m,) of posts' targets."""
        kernel = self._kernel(self._scaled(account), vectors, self.account, self.vectors)
        predicted: Floats = self.level + kernel @ self.dual
        return predicted

    def _scaled(self, account: Floats) -> Floats:
        filled = np.where(np.isnan(account), self.middle, account)
        return np.clip((filled - self.middle) / self.spread, -4, 4)

    def _kernel(self, a: Floats, a_text: Any, b: Floats, b_text: Any) -> Floats:
        distance = (a**2).sum(axis=1)[:, None] + (b**2).sum(axis=1) - 2 * a @ b.T
        near: Floats = np.exp(-np.maximum(distance, 0.0) / (2 * _REACH**2))
        if not self.uses_text:
            alone: Floats = _ACCOUNT_SHARE * near
            return alone
        alike = (a_text @ b_text.T).toarray()
        kernel: Floats = _ACCOUNT_SHARE * near + _TEXT_SHARE * alike + _BOTH_SHARE * near * alike
        return kernel


@dataclass(frozen=True, slots=True)
class Predictions:
    """Predictions of n posts, on the file's scale."""

    trees: Floats  # (n,)
    process: Floats  # (n,)
    level: Floats  # (n,) what the account alone leads to expect

    @property
    def popularity(self) -> Floats:
        """(n,) the mean of trees and process."""
        mean: Floats = (self.trees + self.process) / 2
        return mean


@dataclass(frozen=True, slots=True)
class ContentModel:
    """Predicts popularity, and the level that the account alone leads to expect."""

    text: TextEncoder
    trees: tuple[lgb.Booster, ...]
    process: AccountTextProcess
    level: AccountTextProcess

    @classmethod
    def fit(cls, posts: ContentPosts, *, seed: int, boosters: int = BOOSTERS, text: TextEncoder | None = None) -> Self:
        """Learn from posts that all have a popularity; `text` is an encoder of their words, which takes long to fit."""
        text = text or TextEncoder.fit(list(posts.words))
        table, vectors = table_of(posts, text), text.grams.transform(posts.words)
        data = lgb.Dataset(table, posts.popularity, free_raw_data=False)
        trees = [lgb.train({**_PARAMETERS, "seed": seed + i}, data, _ROUNDS) for i in range(boosters)]
        account = account_columns(posts)
        process, level = (
            AccountTextProcess.fit(account, vectors, posts.popularity, uses_text=uses_text)
            for uses_text in (True, False)
        )
        return cls(text, tuple(trees), process, level)

    def predict(self, posts: ContentPosts) -> Predictions:
        """Return predictions of posts. Each row depends on its own post alone."""
        table, vectors = table_of(posts, self.text), self.text.grams.transform(posts.words)
        account = account_columns(posts)
        boosted = np.mean([np.asarray(booster.predict(table, num_threads=1)) for booster in self.trees], axis=0)
        return Predictions(boosted, self.process.predict(account, vectors), self.level.predict(account, vectors))


def account_columns(posts: ContentPosts) -> Floats:
    """Return logs of the account's counts (n, 4) and of three of their ratios (n, 3), NaN unknown."""
    counts = posts.numbers[:, [NUMBERS.index(name) for name in ACCOUNT]]
    followers, following, likes, videos = np.log1p(np.where(counts >= 0, counts, np.nan)).T
    ratios = (likes - videos, likes - followers, followers - following)
    return np.column_stack([followers, following, likes, videos, *ratios])


def table_of(posts: ContentPosts, text: TextEncoder) -> Floats:
    """Return the trees' columns: account, time, video, sound, faces, and directions of the text."""
    hour, weekday = posts.posted_at % DAY // HOUR, posts.posted_at // DAY % 7
    topics = text.topics.transform(text.grams.transform(posts.words)) if text.topics else np.zeros((len(posts), 1))
    measures = posts.numbers[:, NUMBERS.index(VIDEO[0]) :]
    return np.column_stack([account_columns(posts)[:, :5], hour, weekday, posts.posted_at // _MONTH, measures, topics])
