"""Training rows: each post of an account as the draft that it was when it was published."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from posts.content.meanings import MEANING_SIZE
from predictions.engine.data.growth import GrowthCurve
from predictions.engine.data.history import Timeline
from predictions.engine.data.labels import FillIn, Target
from predictions.engine.effects.account_effects import EffectPosts, replay_effects
from predictions.engine.effects.design import content_design
from predictions.engine.effects.population import EffectsPrior
from predictions.engine.features.similarity_gp import PostSimilarityGP
from predictions.engine.features.tabular import EFFECTS, TABULAR, Features
from predictions.engine.statistics import account_slices
from predictions.engine.types import HORIZON, AccountHistory, Columns, Floats

OUTPUTS = ("low", "typical", "high", "point")
"""Columns of an estimator's outputs: log1p likes relative to the base. NaN where an estimator has no such output."""

_EFFECTS = [TABULAR.index(name) for name in EFFECTS]
_LABEL_VARIANCE = 0.5
"""Variance of a label (log units) that halves its weight."""


@dataclass(frozen=True, slots=True)
class Rows(Columns):
    """n drafts with at least one post of history, account by account, in order of publishing."""

    account: NDArray[np.int64]  # (n,) position among the accounts that the rows were made from
    post: NDArray[np.int64]  # (n,) position among the account's posts, ordered by (posted_at, post_id)
    posted_at: NDArray[np.int64]
    known: NDArray[np.int64]  # (n,) posts of history
    followers: Floats  # (n,) NaN unknown
    label: Floats  # (n,) log1p likes, NaN where there is no label
    label_sd: Floats
    known_from: NDArray[np.int64]  # (n,) when the label became known
    logs: Floats  # (n, 4) labels as log1p of COUNTS, NaN unknown
    base: Floats
    base_sd: Floats
    baseline: Floats  # (n,) mean likes of the last five posts
    tabular: Floats  # (n, len(TABULAR)), NaN in the columns EFFECTS until `with_effects` fills them
    content: Floats  # (n, ...) columns of the effects' design
    tags: NDArray[np.uint64]  # (n, MAX_TAGS) hashed
    topic: NDArray[np.float32]  # (n, MEANING_SIZE)

    def with_effects(self, prior: EffectsPrior, zones: Sequence[str]) -> Self:
        """Return the rows with EFFECTS, each from labels known when it was published; `zones` are the accounts'."""
        tabular = self.tabular.copy()
        for own in account_slices(self.account):
            tabular[own, _EFFECTS] = replay_effects(prior, self[own].effect_posts(zones[self.account[own.start]]))
        return replace(self, tabular=tabular)

    def effect_posts(self, zone: str) -> EffectPosts:
        """Return the rows, which are of one account, as posts to learn effects from."""
        # a count is itself a draw around its mean: that counts where there are few likes
        variance = self.label_sd**2 + 1 / (1 + np.expm1(np.maximum(np.nan_to_num(self.label), 0.0)))
        return EffectPosts(self.posted_at, self.content, self.tags, self.label, variance, self.known_from, zone)

    @property
    def target(self) -> Floats:
        """(n,) labels relative to the base."""
        return self.label - self.base

    @property
    def sureness(self) -> Floats:
        """(n,) weights from 0 to 1: a half where a label is about as uncertain as a forecast of it."""
        weight: Floats = 1 / (1 + self.label_sd**2 / _LABEL_VARIANCE)
        return weight

    def imputed(self, seed: int, draw: int = 0) -> Self:
        """Return the rows with each label drawn from its uncertainty.

        The mean of an estimate hides how much first days vary: intervals would be too narrow and points too high. Each
        estimator learns from a draw of its own (Rubin, "Multiple Imputation for Nonresponse in Surveys", 1987).
        """
        noise = np.random.default_rng([seed, draw]).standard_normal(len(self))
        return replace(self, label=np.maximum(self.label + self.label_sd * noise, 0.0))


def rows_of_account(
    position: int,
    account: AccountHistory,
    curve: GrowthCurve,
    target: Target,
    until: int,
    latest: int | None = None,
    fill: FillIn | None = None,
) -> Rows:
    """Return rows of the account's posts published by `until` (epoch seconds), or of the `latest` of them.

    Labels come from observations made by `until`; those of posts whose horizon had not passed by then are NaN. With
    `fill`, withheld likes are filled in.
    """
    timeline = Timeline(account, curve, target, until=until, fill=fill, reconstruct=True)
    contents, posts, process = timeline.contents(), timeline.posts, PostSimilarityGP()
    drafts: list[tuple[int, int, float, float, Features]] = []
    for i in range(max(0, len(posts) - latest) if latest else 0, len(posts)):
        publish_at = posts[i].posted_at
        history = timeline.known_at(publish_at)
        if len(history):
            followers = account.followers_at(publish_at, until)
            features = Features.of(history, contents.content(i), publish_at, followers, process.learn(history))
            baseline = float(np.expm1(history.likes[-5:]).mean())
            drafts.append((i, len(history), followers, baseline, features))
    timeline.advance(until)
    positions, lengths, followers_of, baselines, features_of = zip(*drafts, strict=True) if drafts else ((),) * 5
    post = np.array(positions, dtype=np.int64)
    posted_at = contents.posted_at[post]
    return Rows(
        account=np.full(len(post), position, dtype=np.int64),
        post=post,
        posted_at=posted_at,
        known=np.array(lengths, dtype=np.int64),
        followers=np.array(followers_of, dtype=np.float64),
        label=np.where(posted_at + HORIZON <= until, contents.likes[post], np.nan),
        label_sd=contents.label_sd[post],
        known_from=timeline.known_from[post],
        logs=contents.logs[post],
        base=np.array([f.base for f in features_of], dtype=np.float64),
        base_sd=np.array([f.base_sd for f in features_of], dtype=np.float64),
        baseline=np.array(baselines, dtype=np.float64),
        tabular=np.array([f.tabular for f in features_of]).reshape(-1, len(TABULAR)),
        content=content_design([posts[i] for i in positions]),
        tags=contents.tags[post],
        topic=np.array([f.topic for f in features_of], dtype=np.float32).reshape(-1, MEANING_SIZE),
    )
