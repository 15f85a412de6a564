"""Training rows: each post of each account as the draft it once was, as of the moment it was published."""

from dataclasses import dataclass, fields
from typing import Self

import numpy as np
from numpy.typing import NDArray

from posts.meanings import MEANING_SIZE
from predictions.engine.data.growth import GrowthCurve, Target
from predictions.engine.data.history import Timeline
from predictions.engine.estimators.counts import Measures
from predictions.engine.features.similarity_gp import Process
from predictions.engine.features.tabular import SEQUENCE, TABULAR, Features
from predictions.engine.types import HORIZON, AccountHistory, Floats


@dataclass(frozen=True, slots=True)
class Rows:
    """n drafts with at least one post of history, account by account, in order of publishing."""

    account: NDArray[np.int64]  # (n,) position of the account in what the rows were made from
    post: NDArray[np.int64]  # (n,) position of the post among the account's, by (posted_at, post_id)
    posted_at: NDArray[np.int64]
    known: NDArray[np.int64]  # (n,) posts of history
    followers: Floats  # (n,) of the account, NaN unknown
    label: Floats  # (n,) log1p likes, NaN where there is no label
    label_sd: Floats
    known_from: NDArray[np.int64]  # (n,) when the label came to be known
    logs: Floats  # (n, 4) label as log1p of likes, comments, shares, views; NaN unknown
    base: Floats
    baseline: Floats  # (n,) mean likes of the last five posts
    tabular: Floats  # (n, len(TABULAR))
    sequence: Floats  # (n, SEQUENCE)
    topic: NDArray[np.float32]  # (n, MEANING_SIZE)

    def __len__(self) -> int:
        return len(self.posted_at)

    def __getitem__(self, rows: NDArray[np.bool_] | NDArray[np.intp] | slice) -> Self:
        return type(self)(*(getattr(self, f.name)[rows] for f in fields(self)))


def rows_of_account(
    position: int,
    account: AccountHistory,
    curve: GrowthCurve,
    target: Target,
    until: int,
    latest: int | None = None,
    measures: Measures | None = None,
) -> Rows:
    """Rows of the account's posts published by `until` (only the last `latest` of them, where given).

    With `measures`, likes that nobody counted are filled in where they are history; no row has such a label.

    Labels come from observations made by `until`, and those of posts whose horizon had not passed do not exist.
    """
    timeline = Timeline(account, curve, target, until=until, reconstruct=True, measures=measures)
    everything = timeline.contents()
    posts = timeline.posts
    features, places, known, baselines, followers = [], [], [], [], []
    process = Process()
    for i in range(max(0, len(posts) - latest) if latest else 0, len(posts)):
        history = timeline.known_at(posts[i].posted_at)
        if len(history):
            solved = process.learn(history)
            followers.append(account.followers_at(posts[i].posted_at, until))
            features.append(Features.of(history, everything.content(i), posts[i].posted_at, followers[-1], solved))
            places.append(i)
            known.append(len(history))
            baselines.append(float(np.expm1(history.likes[-5:]).mean()))
    timeline.advance(until)
    at = np.array(places, dtype=np.int64)
    posted_at = everything.posted_at[at]
    passed = posted_at + HORIZON <= until
    return Rows(
        account=np.full(len(at), position, dtype=np.int64),
        post=at,
        posted_at=posted_at,
        known=np.array(known, dtype=np.int64),
        followers=np.array(followers, dtype=np.float64),
        label=np.where(passed, everything.likes[at], np.nan),
        label_sd=everything.label_sd[at],
        known_from=timeline.known_from[at],
        logs=everything.logs[at],
        base=np.array([f.base for f in features]),
        baseline=np.array(baselines),
        tabular=np.array([f.tabular for f in features]).reshape(-1, len(TABULAR)),
        sequence=np.array([f.sequence for f in features]).reshape(-1, SEQUENCE),
        topic=np.array([f.topic for f in features], dtype=np.float32).reshape(-1, MEANING_SIZE),
    )


def concatenate(parts: list[Rows]) -> Rows:
    """All rows in one, in that order; of no parts none."""
    empty = rows_of_account(0, AccountHistory("", float("nan"), ()), GrowthCurve.prior(), "horizon", 0)
    return Rows(*(np.concatenate([getattr(p, f.name) for p in parts or [empty]]) for f in fields(Rows)))
