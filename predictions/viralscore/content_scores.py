"""Score the posts of one content file by a model learned from another: the protocol of `manage.py viralscore`."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from predictions.engine.threads import one_blas_thread
from predictions.engine.types import Floats
from predictions.viralscore.content_file import ContentPosts
from predictions.viralscore.content_model import ContentModel
from predictions.viralscore.subscores import PARTS

COLUMNS = ("popularity", "viralscore", *PARTS)
MIN_POSTS = 40
"""Posts to learn from; fewer say nothing of other accounts."""

LATE = 0.75
"""Quantile of publishing from which posts are not learned from, and from which on V is validated."""
_DRAWS = 1_000
"""Resamples of the accounts for an interval."""


class NothingToLearn(ValueError):
    """There are too few posts to learn from; the message says why."""


@dataclass(frozen=True, slots=True)
class Lift:
    """Says from how far popularity is predicted above the account's level, how likely it will be above.

    `slope` is of the log odds; `auc` is the chance that of two later posts the one above its level has the larger
    lift, with its 95 % interval, a bootstrap over accounts.
    """

    slope: float
    auc: float
    low: float
    high: float

    @property
    def has_evidence(self) -> bool:
        """Whether the lower bound is above chance."""
        return self.low > 0.5 and self.slope > 0

    def value(self, lift: Floats) -> Floats:
        """Return V (n,), 0 to 1; NaN for all without evidence."""
        if not self.has_evidence:
            return np.full(len(lift), math.nan)
        value: Floats = 1 / (1 + np.exp(-np.clip(self.slope * lift, -30, 30)))
        return value


@dataclass(frozen=True, slots=True)
class ContentScores:
    """Scores of n posts, in the order of their file."""

    post_id: NDArray[np.object_]
    table: Floats  # (n, len(COLUMNS)), NaN where there is no evidence
    notes: tuple[str, ...]


@one_blas_thread()
def score_content(train: ContentPosts, test: ContentPosts, *, seed: int = 0) -> ContentScores:
    """Score all posts of `test` by what the posts of `train` before T say, the 75 % quantile of their publishing.

    Accounts that are also in `test` are not learned from. Raises NothingToLearn.
    """
    split_at, learned = _learned(train, test)
    model = ContentModel.fit(learned, seed=seed)
    lift = _validated(learned, seed)
    predicted = model.predict(test)
    # counts and so predictions are never negative
    popularity = np.maximum(predicted.popularity, 0.0)
    table = np.full((len(test), len(COLUMNS)), math.nan)
    table[:, 0], table[:, 1] = popularity, lift.value(popularity - predicted.level)
    return ContentScores(test.post_id, table, _notes(split_at, learned, test, lift))


def _learned(train: ContentPosts, test: ContentPosts) -> tuple[float, ContentPosts]:
    """Return T and the posts to learn from."""
    dated = train.posted_at[~np.isnan(train.posted_at)]
    if not len(dated):
        raise NothingToLearn("nothing to learn from: no post of TRAIN has a moment in posted_at.")
    split_at = float(np.quantile(dated, LATE))
    usable = (train.posted_at < split_at) & ~np.isnan(train.popularity)
    usable &= ~np.isin(train.account_id, [account for account in set(test.account_id) if account])
    # the first of rows that repeat a post
    first = np.zeros(len(train), dtype=np.bool_)
    first[np.unique(train.post_id.astype(str), return_index=True)[1]] = True
    learned = train[usable & first]
    if len(learned) < MIN_POSTS:
        raise NothingToLearn(
            f"only {len(learned)} posts to learn from, {MIN_POSTS} are needed: those of TRAIN with a popularity, "
            "published before its last quarter, of accounts that TEST does not have."
        )
    return split_at, learned


def _validated(learned: ContentPosts, seed: int) -> Lift:
    """Return what a lift says, on later posts of accounts that a model of the earlier ones has not seen."""
    late = learned.posted_at >= np.quantile(learned.posted_at, LATE)
    later = learned[late]
    names = [account for account in set(later.account_id) if account]
    earlier = learned[~late & ~np.isin(learned.account_id, names)]
    none = Lift(0.0, math.nan, math.nan, math.nan)
    if len(earlier) < MIN_POSTS / 2:
        return none
    predicted = ContentModel.fit(earlier, seed=seed, boosters=1).predict(later)
    lift, above = predicted.popularity - predicted.level, later.popularity > predicted.level
    if above.all() or not above.any():
        return none
    fitted = LogisticRegression(fit_intercept=False).fit(lift[:, None], above)
    higher, lower = lift[above][:, None], lift[~above]
    wins = (higher > lower) + 0.5 * (higher == lower)
    low, high = _interval(later.account_id, above, wins)
    return Lift(float(fitted.coef_[0, 0]), float(wins.mean()), low, high)


def _interval(account: NDArray[np.object_], above: NDArray[np.bool_], wins: Floats) -> tuple[float, float]:
    """Return the 95 % interval of the mean of `wins` (those above their level, the others)."""
    _, row = np.unique(account.astype(str), return_inverse=True)
    accounts = int(row.max()) + 1
    draws = np.random.default_rng(0).multinomial(accounts, np.full(accounts, 1 / accounts), size=_DRAWS)[:, row]
    won = ((draws[:, above] @ wins) * draws[:, ~above]).sum(axis=1)
    pairs = draws[:, above].sum(axis=1) * draws[:, ~above].sum(axis=1)
    low, high = np.quantile(won[pairs > 0] / pairs[pairs > 0], (0.025, 0.975))
    return float(low), float(high)


def _notes(split_at: float, learned: ContentPosts, test: ContentPosts, lift: Lift) -> tuple[str, ...]:
    day = np.datetime64(int(split_at), "s")
    evidence = f"AUC {lift.auc:.2f} [{lift.low:.2f}, {lift.high:.2f}] on later posts of other accounts"
    return (
        f"Learned from {len(learned)} posts before {day} UTC; scored {len(test)}.",
        f"viralscore: {evidence}." if lift.has_evidence else f"viralscore left empty: {evidence}, no evidence.",
        f"{', '.join(PARTS)} left empty: a content file has no labels that they could be validated by.",
    )
