"""Ablations, forward in time: what each kind of input of content files brings, and how captions rank own posts."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata, spearmanr
from sklearn.linear_model import Ridge
from sklearn.metrics import roc_auc_score

from posts.content.embeddings import EMBEDDING_STEPS
from predictions.engine.data.growth import MATURE_AGE, GrowthCurve
from predictions.engine.data.history import COVER, Timeline
from predictions.engine.data.labels import best_observation
from predictions.engine.evaluation.scores import MIN_RANKED
from predictions.engine.features.rows import Rows, rows_of_account
from predictions.engine.features.tabular import TABULAR
from predictions.engine.threads import one_blas_thread
from predictions.engine.types import HORIZON, MIN_HISTORY, AccountHistory, Floats
from predictions.viralscore.content_file import ACCOUNT, FACES, NUMBERS, SOUND, VIDEO, ContentPosts
from predictions.viralscore.content_model import ContentModel, TextEncoder
from predictions.viralscore.content_scores import LATE
from predictions.viralscore.figures import Figure, figures_of

PARTS = 5
"""Parts of a content file's accounts, each tested once, by a model of the others with the part's number as its seed."""
GROUPS = {"account": ACCOUNT, "time": (), "text": (), "video": VIDEO, "sound": SOUND, "faces": FACES}
"""Kinds of input, with the columns of `NUMBERS` that they have."""
_SETS = {
    "all": set(GROUPS),
    **{f"all but {group}": set(GROUPS) - {group} for group in GROUPS},
    **{group: {group} for group in GROUPS},
}
_FAR = 2**53
"""Later than every observation."""
_RIDGE = 3_000.0
_CLIP = 3.0
"""Log units: no post teaches the regression more."""


@dataclass(frozen=True, slots=True)
class ContentFigures:
    """Figures of each set of inputs, against all inputs."""

    posts: int
    """Test posts of all parts."""
    spearman: list[Figure]
    mape: list[Figure]
    auc: list[float]
    """(PARTS,) chance that of two test posts the one above its account's level has the larger predicted lift."""


@one_blas_thread()
def ablate_content(posts: ContentPosts, progress: Callable[[str], None] = lambda _: None) -> ContentFigures:
    """Return how popularity is predicted with all inputs, without each kind, and by each kind alone.

    Learned from are the other parts' posts before T, the 75 % quantile of their publishing; tested are the part's own
    from T on. "trees alone" and "process alone" are the halves of "all"; the trees, one booster here, are a plain
    LightGBM.
    Posts without a popularity above zero, which have no relative error, or without a moment are left out.
    """
    posts = posts[(posts.popularity > 0) & ~np.isnan(posts.posted_at)]
    _, account = np.unique(posts.account_id.astype(str), return_inverse=True)
    part = (np.random.default_rng(0).permutation(int(account.max()) + 1) % PARTS)[account]
    tested, actual, auc = [], [], []
    predicted: dict[str, list[Floats]] = {}
    for seed in range(PARTS):
        progress(f"part {seed + 1} of {PARTS}")
        held = part == seed
        split_at = np.quantile(posts.posted_at[~held], LATE)
        early, late = ~held & (posts.posted_at < split_at), held & (posts.posted_at >= split_at)
        tested.append(account[late])
        actual.append(posts.popularity[late])
        text = TextEncoder.fit(list(posts.words[early]))
        for name, groups in _SETS.items():
            given = _only(posts, groups)
            halves = ContentModel.fit(given[early], seed=seed, boosters=1, text=text).predict(given[late])
            predicted.setdefault(name, []).append(halves.popularity)
            if name == "all":
                predicted.setdefault("trees alone", []).append(halves.trees)
                predicted.setdefault("process alone", []).append(halves.process)
                auc.append(float(roc_auc_score(actual[-1] > halves.level, halves.popularity - halves.level)))
    accounts = np.concatenate(tested)
    products = {name: _joined(_rank_products, of_parts, actual) for name, of_parts in predicted.items()}
    errors = {name: _joined(_relative_errors, of_parts, actual) for name, of_parts in predicted.items()}
    return ContentFigures(
        len(accounts), figures_of(products, "all", accounts), figures_of(errors, "all", accounts), auc
    )


def _only(posts: ContentPosts, groups: set[str]) -> ContentPosts:
    """Return the posts with all other kinds of input unknown."""
    numbers = posts.numbers.copy()
    for group in GROUPS.keys() - groups:
        numbers[:, [NUMBERS.index(name) for name in GROUPS[group]]] = math.nan
    words = posts.words if "text" in groups else np.full(len(posts), "", dtype=object)
    posted_at = posts.posted_at if "time" in groups else np.full(len(posts), math.nan)
    return replace(posts, numbers=numbers, words=words, posted_at=posted_at)


def _joined(score: Callable[[Floats, Floats], Floats], predicted: list[Floats], actual: list[Floats]) -> Floats:
    return np.concatenate([score(a, b) for a, b in zip(predicted, actual, strict=True)])


def _rank_products(predicted: Floats, actual: Floats) -> Floats:
    """Return products of standardised ranks, whose mean is Spearman's correlation; 0 where nothing is told apart."""
    if np.ptp(predicted) == 0:
        return np.zeros(len(predicted))
    products: Floats = _standardised(rankdata(predicted)) * _standardised(rankdata(actual))
    return products


def _standardised(values: Floats) -> Floats:
    scaled: Floats = (values - values.mean()) / values.std()
    return scaled


def _relative_errors(predicted: Floats, actual: Floats) -> Floats:
    errors: Floats = np.abs(predicted - actual) / actual
    return errors


@one_blas_thread()
def rank_captions(accounts: Sequence[AccountHistory]) -> list[Figure]:
    """Return how captions rank an account's later posts by likes: the mean correlation within accounts.

    "own posts alike" is the part of the forecast's Gaussian process that compares a draft with the account's earlier
    posts; "all accounts" is a ridge regression on captions, against which the others are compared; "both" is their sum.
    The protocol is the backtest's: the ridge learns from posts whose first day had passed by T, the 80 % quantile of
    publishing over the mature posts; tested are mature posts from T on of accounts with `MIN_RANKED` of them.
    """
    mature = [_mature(account) for account in accounts]
    split_at = float(np.quantile([p.posted_at for a in mature for p in a.posts], 0.8))
    tables = [_captions_of(position, account) for position, account in enumerate(mature)]
    rows, text = Rows.concatenate([rows for rows, _ in tables]), np.concatenate([text for _, text in tables])
    early = rows.posted_at + HORIZON <= split_at
    late = (rows.posted_at >= split_at) & (rows.known >= MIN_HISTORY)
    scale = np.maximum(text[early].std(axis=0), 1e-6)
    ridge = Ridge(alpha=_RIDGE).fit(text[early] / scale, np.clip(rows.target[early], -_CLIP, _CLIP))
    shared = ridge.predict(text[late] / scale)
    tested = rows[late]
    own = tested.tabular[:, TABULAR.index("gp_content")]
    scores = {"all accounts": shared, "own posts alike": own, "both": own + shared}
    within = {name: _within(tested.account, score, tested.label) for name, score in scores.items()}
    return figures_of(within, "all accounts", np.arange(len(within["both"])))


def _captions_of(position: int, account: AccountHistory) -> tuple[Rows, Floats]:
    """Return an account's rows, and of each post's caption the embedding, the measures and the duration."""
    curve = GrowthCurve()
    rows = rows_of_account(position, account, curve, "mature", _FAR)
    contents = Timeline(account, curve, "mature", until=_FAR, reconstruct=True).contents()[rows.post]
    measures = np.nan_to_num(contents.numbers[:, : -len(COVER)])
    return rows, np.hstack([contents.embedding / EMBEDDING_STEPS, measures])


def _mature(account: AccountHistory) -> AccountHistory:
    """Return the account's posts that were counted at `MATURE_AGE` or later, with that count alone."""
    counted = ((post, best_observation(post, _FAR, "mature")) for post in account.posts)
    mature = [replace(p, observations=(c,)) for p, c in counted if c and c.observed_at - p.posted_at >= MATURE_AGE]
    return replace(account, posts=tuple(mature))


def _within(account: NDArray[np.int64], score: Floats, likes: Floats) -> Floats:
    """Return the rank correlation within each account that has `MIN_RANKED` test posts."""
    names, sizes = np.unique(account, return_counts=True)
    correlations = []
    for name in names[sizes >= MIN_RANKED]:
        own = account == name
        defined = np.ptp(score[own]) > 0 and np.ptp(likes[own]) > 0
        correlations.append(float(spearmanr(score[own], likes[own])[0]) if defined else 0.0)
    return np.array(correlations)
