"""Ablation per modality: what a score loses, or has alone, without each kind of input. Forward in time."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.stats import spearmanr
from sklearn.linear_model import Ridge

from predictions.engine.data.growth import MATURE_AGE, GrowthCurve
from predictions.engine.data.labels import best_observation
from predictions.engine.evaluation.scores import MIN_RANKED
from predictions.engine.threads import one_blas_thread
from predictions.engine.types import HORIZON, MIN_HISTORY, AccountHistory, Floats
from predictions.viralscore.content_file import ACCOUNT, FACES, NUMBERS, SOUND, VIDEO, ContentPosts
from predictions.viralscore.content_model import ContentModel
from predictions.viralscore.examples import MODALITIES, Examples
from predictions.viralscore.histories import examples_of_histories
from predictions.viralscore.scorer import Scorer
from predictions.viralscore.training import Recipe, train

_FAR = 2**53
"""Later than every observation."""
_DRAWS = 1_000
_HELD_BACK = 4
"""One account of so many is tested on content files."""

CONTENT_GROUPS = ("account", "time", "text", "video", "sound", "faces")
HISTORY_SETS = {
    "all": MODALITIES,
    "text": ("text",),
    "table": ("table",),
    "past": ("past",),
    **{f"all but {m}": tuple(x for x in MODALITIES if x != m) for m in ("text", "table", "past")},
}
"""Modalities by the name of the set; histories rarely have covers or sounds that are measured."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A score without or with some inputs, and how far it is from all inputs' with a 95 % interval, paired."""

    name: str
    score: float
    difference: float
    low: float
    high: float


@one_blas_thread()
def ablate_content(posts: ContentPosts, seeds: int) -> list[Figure]:
    """Return the Spearman correlation of popularity with all inputs, without each group, and with each group alone.

    Each seed holds back a quarter of the accounts; posts before the 75 % quantile of the others' publishing are learned
    from, those of the held back after it are tested. Intervals are a bootstrap over the test posts of all seeds.
    """
    sets = {"all": set(CONTENT_GROUPS)}
    sets |= {f"all but {group}": set(CONTENT_GROUPS) - {group} for group in CONTENT_GROUPS}
    sets |= {group: {group} for group in CONTENT_GROUPS}
    _, account = np.unique(posts.account_id.astype(str), return_inverse=True)
    ranks: dict[str, list[Floats]] = {name: [] for name in sets}
    actual = []
    for seed in range(seeds):
        held = np.random.default_rng(seed).permutation(int(account.max()) + 1)[account] % _HELD_BACK == 0
        split_at = np.quantile(posts.posted_at[~held], 0.75)
        early, late = posts[~held & (posts.posted_at < split_at)], posts[held & (posts.posted_at >= split_at)]
        actual.append(_ranked(late.popularity))
        for name, groups in sets.items():
            model = ContentModel.fit(_only(early, groups), seed=seed, boosters=1)
            ranks[name].append(_ranked(model.predict(_only(late, groups))[0]))
    products = {name: np.concatenate([a * b for a, b in zip(of, actual, strict=True)]) for name, of in ranks.items()}
    return _figures(products)


def _only(posts: ContentPosts, groups: set[str]) -> ContentPosts:
    """Return the posts with all other groups of inputs unknown."""
    numbers = posts.numbers.copy()
    for group, names in (("account", ACCOUNT), ("video", VIDEO), ("sound", SOUND), ("faces", FACES)):
        if group not in groups:
            numbers[:, [NUMBERS.index(name) for name in names]] = math.nan
    words = posts.words if "text" in groups else np.full(len(posts), "", dtype=object)
    posted_at = posts.posted_at if "time" in groups else np.full(len(posts), math.nan)
    return replace(posts, numbers=numbers, words=words, posted_at=posted_at)


def _ranked(values: Floats) -> Floats:
    """Return standardised ranks, whose mean product with others is Spearman's correlation."""
    ranks = np.argsort(np.argsort(values, kind="stable"), kind="stable").astype(np.float64)
    spread = ranks.std()
    scaled: Floats = (ranks - ranks.mean()) / (spread if spread > 0 else 1.0)
    return scaled if np.ptp(values) > 0 else np.zeros(len(values))


def _figures(scores: Mapping[str, Floats]) -> list[Figure]:
    """Return a figure for each set from its scores of the same units (n,), against those of "all"."""
    figures = []
    for name, of_units in scores.items():
        paired = of_units - scores["all"]
        draws = np.random.default_rng(0).integers(len(paired), size=(_DRAWS, len(paired)))
        low, high = np.quantile(paired[draws].mean(axis=1), (0.025, 0.975))
        figures.append(Figure(name, float(of_units.mean()), float(paired.mean()), float(low), float(high)))
    return figures


@one_blas_thread()
def ablate_histories(
    accounts: Sequence[AccountHistory],
    seeds: int,
    recipe: Recipe = Recipe(),  # noqa: B008 frozen
    progress: Callable[[str], None] = lambda _: None,
) -> list[Figure]:
    """Return the mean within-account rank correlation of V with likes, for the modalities of each of `HISTORY_SETS`.

    The protocol is the backtest's: learned from posts whose first day had passed by T, the 80 % quantile of publishing
    over the mature posts; tested on mature posts from T on of accounts with `MIN_RANKED` of them. "ridge on text" is a
    linear regression on the same text, for comparison. Intervals are a bootstrap over accounts, of means over seeds.
    """
    mature = [_mature(account) for account in accounts]
    split_at = float(np.quantile([p.posted_at for a in mature for p in a.posts], 0.8))
    progress("features")
    examples, rows = examples_of_histories(mature, GrowthCurve(), "mature", _FAR)
    learned = examples[rows.posted_at + HORIZON <= split_at]
    tested_rows = (rows.posted_at >= split_at) & (rows.known >= MIN_HISTORY)
    tested, likes = examples[tested_rows], rows.label[tested_rows]
    text = np.nan_to_num(np.concatenate([learned.inputs.text[:, 0], tested.inputs.text[:, 0]]))
    text /= np.maximum(text[: len(learned)].std(axis=0), 1e-6)
    ridge = Ridge(alpha=3_000).fit(text[: len(learned)], np.clip(learned.target[:, 0], -3, 3))
    within = {"ridge on text": [_within(tested, ridge.predict(text[len(learned) :]), likes)]}
    for seed in range(seeds):
        progress(f"training {seed + 1} of {seeds}")
        scorer = Scorer(train(learned, seed=seed, recipe=recipe))
        for name, modalities in HISTORY_SETS.items():
            value = scorer.score(tested.inputs.only(*modalities)).value
            within.setdefault(name, []).append(_within(tested, value, likes))
    return _figures({name: np.mean(of_seeds, axis=0) for name, of_seeds in within.items()})


def _mature(account: AccountHistory) -> AccountHistory:
    """Return the account's posts that were counted at `MATURE_AGE` or later, with that count alone."""
    counted = ((post, best_observation(post, _FAR, "mature")) for post in account.posts)
    mature = [replace(p, observations=(c,)) for p, c in counted if c and c.observed_at - p.posted_at >= MATURE_AGE]
    return replace(account, posts=tuple(mature))


def _within(tested: Examples, score: NDArray[np.floating], likes: Floats) -> Floats:
    """Return the rank correlation within each account that has `MIN_RANKED` test posts."""
    names, sizes = np.unique(tested.account, return_counts=True)
    correlations = []
    for name in names[sizes >= MIN_RANKED]:
        own = tested.account == name
        defined = np.ptp(score[own]) > 0 and np.ptp(likes[own]) > 0
        correlations.append(float(spearmanr(score[own], likes[own])[0]) if defined else 0.0)
    return np.array(correlations)
