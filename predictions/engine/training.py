"""Training of the global model."""

import hashlib
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import fields, replace
from heapq import heappop, heappush
from itertools import pairwise
from typing import Any

import lightgbm as lgb
import numpy as np
from numpy.typing import NDArray

from predictions.engine.data.growth import GrowthCurve, fit_growth, is_usable
from predictions.engine.data.labels import Target
from predictions.engine.estimators.account_weights import WeightPrior, inputs, walk
from predictions.engine.estimators.calibration import Calibration, calibrate, is_liked
from predictions.engine.estimators.counts import fit_counts
from predictions.engine.estimators.network import OUTPUTS, Network, Scaling, train_network
from predictions.engine.estimators.population import fit_population
from predictions.engine.estimators.topic_effect import appeal_of, fit_appeal
from predictions.engine.features.rows import Rows, concatenate, rows_of_account
from predictions.engine.features.tabular import TABULAR
from predictions.engine.global_model import Ensemble, GlobalModel, LogForecast, ordered, versions
from predictions.engine.statistics import cap_account_shares
from predictions.engine.threads import one_blas_thread
from predictions.engine.types import AccountHistory, Floats

FOLDS = 4
"""Parts of the accounts. Corrections are learned from forecasts by models that learned from the other parts; what
serves has learned from all."""

NETWORKS = 2
MAX_ROWS = 150_000
"""Models learn from so many posts, spread over all accounts, and corrections from so many of whole accounts: the cost
is bounded. Sets of short histories stop gaining at a tenth of this."""

MAX_POSTS = 2 * MAX_ROWS
"""Features are made of the posts of whole accounts, drawn by chance, until they have so many."""

MIN_ROWS = 200
"""With fewer rows the model stays the prior; only curve, population and intervals are learned."""

_TREES = 400
# Small trees, each of a third of the features, split at random places (Geurts et al., "Extremely randomized trees",
# 2006): most features are neighbours of one another, and choosing the best of them by few accounts is mostly chance.
_BOOSTING = {
    "objective": "l1", "learning_rate": 0.03, "num_leaves": 16, "min_data_in_leaf": 60, "lambda_l2": 5.0,
    "bagging_fraction": 0.8, "bagging_freq": 1, "feature_fraction": 0.3, "extra_trees": True, "max_bin": 127,
    "deterministic": True, "force_row_wise": True, "num_threads": 1, "verbose": -1,
}  # fmt: skip
_WEIGHT_CLIP = 3.0
_LABEL_VARIANCE = 0.5
"""An estimated label weighs 1 / (1 + its variance / this): half when it is about as unsure as the forecast."""

_WEIGHT_PRIORS = [
    WeightPrior(0.0, 0.0, 0.98),
    *(
        WeightPrior(level, slope, memory)
        for level, slope in ((0.003, 0.0), (0.01, 0.003), (0.03, 0.01), (0.1, 0.03))
        for memory in (0.98, 0.995)
    ),
]
"""The first is "no weights"; the interval's width still follows the account's noise."""


def train(accounts: Iterable[AccountHistory], *, until: int, seed: int = 0, target: Target = "horizon") -> GlobalModel:
    """Learn from what was known at `until` (epoch seconds): observations made and horizons passed by then.

    Of more than `MAX_POSTS` posts a sample of accounts is learned from, and no more than that is held at a time: the
    accounts may come one by one. `target` is "mature" only in the evaluation protocol. The same accounts give the same
    model, bit for bit, in any order. Posts of too few accounts give a model that predicts as the prior does, on a
    learned curve and population.
    The accounts' ids stand in the manifest as they are: whoever keeps the model gives keyed pseudonyms, since a plain
    hash of an id can be found by trying ids.
    """
    drawn = draw_accounts(accounts, seed)
    with one_blas_thread():
        curve = fit_growth(drawn, until) if target == "horizon" else GrowthCurve.prior()
        rows = concatenate([rows_of_account(i, a, curve, target, until) for i, a in enumerate(drawn)])
    return train_on_rows(rows[~np.isnan(rows.label)], drawn, curve, seed=seed, until=until)


def draw_accounts(accounts: Iterable[AccountHistory], seed: int) -> list[AccountHistory]:
    """Accounts drawn by chance until they have `MAX_POSTS` posts, all where there are fewer; in the order of their ids.

    Each draws a lot from its id and the seed, and the smallest lots are kept: neither the order in which accounts come
    nor what they hold decides. One pass, which holds what is kept and one account more.
    """
    kept: list[tuple[int, str, AccountHistory]] = []  # the largest lot first
    posts = 0
    for account in accounts:
        heappush(kept, (-_lot(account.account_id, seed), account.account_id, account))
        posts += len(account.posts)
        while posts - len(kept[0][-1].posts) >= MAX_POSTS:
            posts -= len(heappop(kept)[-1].posts)
    return sorted((account for *_, account in kept), key=lambda a: a.account_id)


def _lot(account_id: str, seed: int) -> int:
    return int.from_bytes(hashlib.blake2b(f"{seed}:{account_id}".encode(), digest_size=8).digest())


def train_on_rows(
    rows: Rows, accounts: Sequence[AccountHistory], curve: GrowthCurve, *, seed: int, until: int
) -> GlobalModel:
    """Learn from rows that all have labels; `accounts` are those that the rows' `account` counts."""
    prior = replace(GlobalModel.prior(), curve=curve)
    manifest: dict[str, Any] = {
        "prior": False,
        "rows": len(rows),
        "accounts": len(np.unique(rows.account)),
        # more than those with rows: the growth curve is learned from an account of one post, too
        "pseudonyms": sorted(account.account_id for account in accounts if _has_count(account, until)),
        "span": [int(rows.posted_at.min()), int(rows.posted_at.max())] if len(rows) else None,
        "until": until,
        "seed": seed,
        "data_sha256": _data_hash(rows, curve),
        **versions(),
    }
    population = _population(rows)
    names = [a.account_id for a in accounts]
    fold_of = np.array([zlib.crc32(name.encode()) % FOLDS for name in names], dtype=np.int64)
    if len(rows) < MIN_ROWS or len(np.unique(fold_of[rows.account])) < FOLDS:
        raw = prior.predict(rows.base, rows.tabular, rows.sequence, rows.topic)
        manifest["prior"] = True
        counts = fit_counts(rows.account, rows.posted_at, rows.logs)
        calibration = calibrate(imputed(rows, seed).label, raw.typical, raw.point, raw.low, raw.high, rows.known)
        return replace(prior, population=population, counts=counts, calibration=calibration, manifest=manifest)
    with one_blas_thread():
        learned, judged = rows[_spread(rows.account, seed)], rows[_whole_accounts(rows.account, seed)]
        scaling = Scaling.of(np.hstack([learned.tabular, learned.sequence]))
        ensemble = _train_ensemble(learned, scaling, seed, networks=NETWORKS)
        outputs = _out_of_fold(learned, judged, fold_of, scaling, seed)
        appeal, added = _learn_appeal(judged, outputs, fold_of)
    raw = ordered(judged.base, outputs + added[:, None])
    counts = fit_counts(judged.account, judged.posted_at, judged.logs)
    weight_prior, shift, noise = _best_weight_prior(judged, raw)
    calibration = calibrate_walked(imputed(judged, seed), raw, shift, noise)
    manifest["metrics"] = _metrics(judged, raw, shift, calibration)
    return GlobalModel(curve, population, counts, weight_prior, calibration, scaling, ensemble, appeal, manifest)


def _has_count(account: AccountHistory, until: int) -> bool:
    """Whether anything can be learned from it: labels and steps of the growth curve come of usable observations."""
    return any(c.observed_at <= until and is_usable(p.posted_at, c) for p in account.posts for c in p.observations)


def _spread(account: NDArray[np.int64], seed: int) -> NDArray[np.intp]:
    """At most MAX_ROWS rows, as many of each account as of any other where it has them."""
    shuffled = np.random.default_rng(seed).permutation(len(account))
    grouped = shuffled[np.argsort(account[shuffled], kind="stable")]
    place = np.empty(len(account), dtype=np.int64)
    place[grouped] = _places(account[grouped])
    return np.sort(np.argsort(place, kind="stable")[:MAX_ROWS])


def _whole_accounts(account: NDArray[np.int64], seed: int) -> NDArray[np.bool_]:
    """All rows of accounts drawn by chance, until they are MAX_ROWS."""
    names, counts = np.unique(account, return_counts=True)
    drawn = np.random.default_rng(seed).permutation(len(names))
    before = np.cumsum(counts[drawn]) - counts[drawn]
    return np.isin(account, names[drawn[before < MAX_ROWS]])


def _places(account: NDArray[np.int64]) -> NDArray[np.int64]:
    """(n,) each row's place among its account's; the rows stand account by account."""
    _, starts, counts = np.unique(account, return_index=True, return_counts=True)
    places: NDArray[np.int64] = np.arange(len(account)) - np.repeat(starts, counts)
    return places


def _train_ensemble(rows: Rows, scaling: Scaling, seed: int, networks: int = 1) -> Ensemble:
    # each member has a draw of its own
    for_typical, for_point, *for_networks = (imputed(rows, seed, draw) for draw in range(2 + networks))
    scaled = scaling.apply(np.hstack([rows.tabular, rows.sequence]))
    # The median under weights 1 / count is what minimises the mean relative error.
    relative = for_point.label - for_point.base
    by_count = np.exp(-np.clip(relative, -_WEIGHT_CLIP, _WEIGHT_CLIP))
    sureness = _sureness(rows)
    return Ensemble(
        _boost(for_typical, cap_account_shares(rows.account, sureness), seed),
        _boost(for_point, cap_account_shares(rows.account, sureness * by_count), seed),
        tuple(_train_network(drawn, scaled, sureness, seed * networks + i) for i, drawn in enumerate(for_networks)),
    )


def _boost(rows: Rows, weight: Floats, seed: int) -> lgb.Booster:
    data = lgb.Dataset(rows.tabular, rows.label - rows.base, weight=weight, feature_name=list(TABULAR))
    return lgb.train({**_BOOSTING, "seed": seed}, data, _TREES)


def _train_network(rows: Rows, scaled: NDArray[np.float32], sureness: Floats, seed: int) -> Network:
    weight = cap_account_shares(rows.account, sureness)
    liked = cap_account_shares(rows.account, sureness * is_liked(rows.label))
    return train_network(scaled, rows.label - rows.base, np.stack([weight, weight, weight, liked], axis=1), seed)


def _sureness(rows: Rows) -> Floats:
    weight: Floats = 1 / (1 + rows.label_sd**2 / _LABEL_VARIANCE)
    return weight


def imputed(rows: Rows, seed: int, draw: int = 0) -> Rows:
    """The rows with each label drawn from what it may have been, by the uncertainty that it came with.

    An estimate in the place of a count hides how much first days vary: models learn intervals that are too narrow and
    points that are too high. Each member of the ensemble learns from a draw of its own (multiple imputation: Rubin,
    "Multiple Imputation for Nonresponse in Surveys", 1987), and their mean serves.
    """
    chance = np.random.default_rng([seed, 1 + draw]).standard_normal(len(rows))
    return replace(rows, label=np.maximum(rows.label + rows.label_sd * chance, 0.0))


def _out_of_fold(learned: Rows, judged: Rows, fold_of: NDArray[np.int64], scaling: Scaling, seed: int) -> Floats:
    """(n, OUTPUTS) of `judged` by models that learned from `learned` without the accounts of the row's fold.

    `fold_of` (accounts,) is the fold of each account.
    """
    outputs = np.empty((len(judged), OUTPUTS))
    for fold in range(FOLDS):
        ensemble = _train_ensemble(learned[fold_of[learned.account] != fold], scaling, seed + fold)
        out = fold_of[judged.account] == fold
        scaled = scaling.apply(np.hstack([judged.tabular[out], judged.sequence[out]]))
        outputs[out] = ensemble.predict(judged.tabular[out], scaled)
    return outputs


def _learn_appeal(rows: Rows, outputs: Floats, fold_of: NDArray[np.int64]) -> tuple[Floats, Floats]:
    """The topics' effects; and (n,) what effects learned without the accounts of the row's fold add to it."""
    miss = rows.label - ordered(rows.base, outputs).typical
    weight = cap_account_shares(rows.account, _sureness(rows))
    added = np.empty(len(rows))
    for fold in range(FOLDS):
        out = fold_of[rows.account] == fold
        added[out] = appeal_of(rows.topic[out], fit_appeal(rows.topic[~out], miss[~out], weight[~out]))
    return fit_appeal(rows.topic, miss, weight), added


def walk_all(prior: WeightPrior, rows: Rows, raw: LogForecast) -> tuple[Floats, Floats]:
    """Shift (log units) and noise factor of each row's account weights, learned from its account's earlier rows."""
    shift, noise = np.zeros(len(rows)), np.ones(len(rows))
    row_inputs, miss = inputs(rows.tabular), (rows.label - raw.typical) / raw.spread
    starts = np.flatnonzero(np.diff(rows.account, prepend=-1))
    for start, end in pairwise([*starts, len(rows)]):
        own = slice(start, end)
        walked = walk(prior, rows.posted_at[own], row_inputs[own], miss[own], rows.known_from[own])
        shift[own], noise[own] = walked.shift * raw.spread[own], walked.noise
    return shift, noise


def _best_weight_prior(rows: Rows, raw: LogForecast) -> tuple[WeightPrior, Floats, Floats]:
    """The prior whose weights leave the smallest error on accounts that the models had not seen.

    That is "no weights" unless others win by two standard errors, paired by account. The error is that of both
    forecasts, log error of the typical and relative error of the point, on the later half of each account's posts:
    following an account's latest misses can help the one and harm the other.
    """
    late, liked = _later_half(rows), is_liked(rows.label)
    starts = np.flatnonzero(np.diff(rows.account, prepend=-1))

    def errors(shift: Floats) -> Floats:
        typical = np.abs(raw.typical + shift - rows.label)
        point = np.abs(np.expm1(raw.point + shift - rows.label))
        by_account: Floats = np.add.reduceat(late * (typical + liked * point), starts)
        return by_account

    none, *others = [(prior, *walk_all(prior, rows, raw)) for prior in _WEIGHT_PRIORS]
    best = min(others, key=lambda w: errors(w[1]).sum())
    gain = errors(none[1]) - errors(best[1])
    return best if gain.sum() > 2 * np.sqrt((gain**2).sum()) else none


def calibrate_walked(rows: Rows, raw: LogForecast, shift: Floats, noise: Floats) -> Calibration:
    """Calibration of what is served: moved and stretched by the account's weights.

    On the later half of each account's posts: forecasts are asked for an account's next posts, and those are most like
    them, in time and in what is known before them.
    """
    late = _later_half(rows)
    label, typical, point = rows.label[late], (raw.typical + shift)[late], (raw.point + shift)[late]
    down, up = ((raw.typical - raw.low) * noise)[late], ((raw.high - raw.typical) * noise)[late]
    return calibrate(label, typical, point, typical - down, typical + up, rows.known[late])


def _later_half(rows: Rows) -> NDArray[np.bool_]:
    _, counts = np.unique(rows.account, return_counts=True)
    late: NDArray[np.bool_] = 2 * _places(rows.account) >= np.repeat(counts, counts) - 1
    return late


def _population(rows: Rows) -> Any:
    starts = np.flatnonzero(np.diff(rows.account, prepend=-1))
    ends = np.append(starts, len(rows))[1:]
    level = np.array([np.median(rows.label[a:b]) for a, b in zip(starts, ends, strict=True)])
    first = rows.label[starts]
    return fit_population(level, rows.followers[ends - 1], first)


def _data_hash(rows: Rows, curve: GrowthCurve) -> str:
    """SHA-256 of all numbers that the model is made of; the curve stands for the observations that it was fitted to."""
    learned_from = [getattr(rows, f.name) for f in fields(Rows)]
    digest = hashlib.sha256()
    steps = np.array([curve.log_share, *curve.log_ratio])
    spread = np.array([curve.variance_rate, curve.unlikeness])
    for values in (steps, spread, *learned_from):
        digest.update(np.ascontiguousarray(values).data)
    return digest.hexdigest()


def _metrics(rows: Rows, raw: LogForecast, shift: Floats, calibration: Calibration) -> dict[str, float]:
    """On accounts that the models had not seen; MAPE over posts with a like."""
    count = np.expm1(rows.label)
    liked = count >= 1
    point = np.expm1(np.maximum(raw.point + shift + calibration.point, 0))
    return {
        "mape": round(float(np.mean(np.abs(point - count)[liked] / count[liked])), 6) if liked.any() else 0.0,
        "log_mae": round(float(np.abs(raw.typical + shift - rows.label).mean()), 6),
        "log_mae_without_weights": round(float(np.abs(raw.typical - rows.label).mean()), 6),
    }
