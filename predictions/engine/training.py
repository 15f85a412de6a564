"""Training of the global model."""

import hashlib
import zlib
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import lightgbm as lgb
import numpy as np
from numpy.typing import NDArray

from predictions.engine.calibration import Calibration, calibrate, is_liked
from predictions.engine.features import TABULAR
from predictions.engine.global_model import Fold, GlobalModel, Raw, ordered, versions
from predictions.engine.growth import Floats, GrowthCurve, Target, fit_growth
from predictions.engine.network import Scaling, train_network
from predictions.engine.population import fit_population
from predictions.engine.rows import Rows, concatenate, rows_of_account
from predictions.engine.threads import one_blas_thread
from predictions.engine.types import HORIZON, AccountHistory
from predictions.engine.weights import WeightPrior, inputs, walk

FOLDS = 4
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
    WeightPrior(level, slope, memory)
    for level, slope in ((0.0, 0.0), (0.003, 0.0), (0.01, 0.003), (0.03, 0.01), (0.1, 0.03))
    for memory in (0.98, 0.995)
]


def train(accounts: Sequence[AccountHistory], *, until: int, seed: int = 0, target: Target = "horizon") -> GlobalModel:
    """Learn from what was known at `until` (epoch seconds): observations made and horizons passed by then.

    `target` is "mature" only in the evaluation protocol. The same accounts give the same model, bit for bit, in any
    order. Posts of too few accounts give a model that predicts as the prior does, on a learned curve and population.
    """
    ordered_accounts = sorted(accounts, key=lambda a: a.account_id)
    curve = fit_growth(ordered_accounts, until) if target == "horizon" else GrowthCurve.prior()
    with one_blas_thread():
        rows = concatenate([rows_of_account(i, a, curve, target, until) for i, a in enumerate(ordered_accounts)])
    return train_on_rows(rows[~np.isnan(rows.label)], ordered_accounts, curve, seed=seed, until=until)


def train_on_rows(
    rows: Rows, accounts: Sequence[AccountHistory], curve: GrowthCurve, *, seed: int, until: int
) -> GlobalModel:
    """Learn from rows that all have labels; `accounts` are those that the rows' `account` counts."""
    prior = replace(GlobalModel.prior(), curve=curve)
    manifest: dict[str, Any] = {
        "prior": False,
        "rows": len(rows),
        "accounts": len(np.unique(rows.account)),
        "pseudonyms": sorted(
            hashlib.sha256(accounts[i].account_id.encode()).hexdigest()[:16] for i in set(rows.account)
        ),
        "span": [int(rows.posted_at.min()), int(rows.posted_at.max())] if len(rows) else None,
        "until": until,
        "seed": seed,
        "data_sha256": _data_hash(rows),
        **versions(),
    }
    population = _population(rows, accounts)
    fold_of = np.array([zlib.crc32(accounts[i].account_id.encode()) % FOLDS for i in rows.account], dtype=np.int64)
    if len(rows) < MIN_ROWS or any((fold_of == f).all() or not (fold_of == f).any() for f in range(FOLDS)):
        raw = prior.predict(rows.base, rows.tabular, rows.sequence)
        manifest["prior"] = True
        calibration = calibrate(rows.label, raw.typical, raw.point, raw.low, raw.high, rows.known)
        return replace(prior, population=population, calibration=calibration, manifest=manifest)
    with one_blas_thread():
        scaling = Scaling.of(np.hstack([rows.tabular, rows.sequence]))
        folds = [_train_fold(rows, fold_of != f, scaling, seed * FOLDS + f) for f in range(FOLDS)]
        raw = _out_of_fold(rows, fold_of, folds, scaling)
    weight_prior, shift, noise = _best_weight_prior(rows, raw)
    calibration = calibrate_walked(rows, raw, shift, noise)
    manifest["metrics"] = _metrics(rows, raw, shift, calibration)
    return GlobalModel(curve, population, weight_prior, calibration, scaling, tuple(folds), manifest)


def _train_fold(rows: Rows, chosen: NDArray[np.bool_], scaling: Scaling, seed: int) -> Fold:
    tabular, relative = rows.tabular[chosen], rows.label[chosen] - rows.base[chosen]
    sure = 1 / (1 + rows.label_sd[chosen] ** 2 / _LABEL_VARIANCE)
    # The median under weights 1 / count is what minimises the mean relative error.
    by_count = sure * np.exp(-np.clip(relative, -_WEIGHT_CLIP, _WEIGHT_CLIP))
    boosters = [
        lgb.train(
            {**_BOOSTING, "seed": seed},
            lgb.Dataset(tabular, relative, weight=weight, feature_name=list(TABULAR)),
            _TREES,
        )
        for weight in (sure, by_count)
    ]
    scaled = scaling.apply(np.hstack([tabular, rows.sequence[chosen]]))
    losses = np.stack([sure, sure, sure, sure * is_liked(rows.label[chosen])], axis=1)
    return Fold(boosters[0], boosters[1], train_network(scaled, relative, losses, seed))


def _out_of_fold(rows: Rows, fold_of: NDArray[np.int64], folds: list[Fold], scaling: Scaling) -> Raw:
    """Each row's forecast by the models that never saw its account."""
    outputs = np.empty((len(rows), 4))
    for f, fold in enumerate(folds):
        out = fold_of == f
        scaled = scaling.apply(np.hstack([rows.tabular[out], rows.sequence[out]]))
        outputs[out] = fold.predict(rows.tabular[out], scaled)
    return ordered(rows.base, outputs)


def walk_all(prior: WeightPrior, rows: Rows, raw: Raw) -> tuple[Floats, Floats]:
    """Shift (log units) and noise factor of each row's account weights, learned from its account's earlier rows."""
    shift, noise = np.zeros(len(rows)), np.ones(len(rows))
    row_inputs, miss = inputs(rows.tabular), (rows.label - raw.typical) / raw.spread
    for account in np.unique(rows.account):
        own = np.flatnonzero(rows.account == account)
        walked = walk(prior, rows.posted_at[own], row_inputs[own], miss[own], HORIZON)
        shift[own], noise[own] = walked.shift * raw.spread[own], walked.noise
    return shift, noise


def _best_weight_prior(rows: Rows, raw: Raw) -> tuple[WeightPrior, Floats, Floats]:
    """The prior whose weights leave the smallest error on accounts that the models had not seen; maybe none at all.

    The error is that of both forecasts, log error of the typical and relative error of the point, on the later half of
    each account's posts: following an account's latest misses can help the one and harm the other.
    """
    late = _later_half(rows)
    liked = late & is_liked(rows.label)

    def error(shift: Floats) -> float:
        typical = np.abs(raw.typical + shift - rows.label)[late].mean()
        point = np.abs(np.expm1(raw.point + shift - rows.label))[liked]
        return float(typical + (point.mean() if len(point) else 0.0))

    walks = [(prior, *walk_all(prior, rows, raw)) for prior in _WEIGHT_PRIORS]
    return min(walks, key=lambda w: error(w[1]))


def calibrate_walked(rows: Rows, raw: Raw, shift: Floats, noise: Floats) -> Calibration:
    """Calibration of what is served: moved and stretched by the account's weights.

    On the later half of each account's posts: forecasts are asked for an account's next posts, and those are most like
    them, in time and in what is known before them.
    """
    down, up = (raw.typical - raw.low) * noise, (raw.high - raw.typical) * noise
    typical = raw.typical + shift
    columns = (rows.label, typical, raw.point + shift, typical - down, typical + up, rows.known)
    late = _later_half(rows)
    return calibrate(*(column[late] for column in columns))


def _later_half(rows: Rows) -> NDArray[np.bool_]:
    _, starts, counts = np.unique(rows.account, return_index=True, return_counts=True)
    place = np.arange(len(rows)) - np.repeat(starts, counts)
    late: NDArray[np.bool_] = 2 * place >= np.repeat(counts, counts) - 1
    return late


def _population(rows: Rows, accounts: Sequence[AccountHistory]) -> Any:
    views = [TABULAR.index(f"{name}_20") for name in ("comments", "shares", "views")]
    starts = np.flatnonzero(np.diff(rows.account, prepend=-1))
    ends = np.append(starts[1:], len(rows))
    level = np.array([np.median(rows.label[a:b]) for a, b in zip(starts, ends, strict=True)])
    first = rows.label[starts]
    followers = np.array([accounts[i].followers for i in rows.account[starts]], dtype=np.float64)
    return fit_population(level, followers, first, rows.tabular[ends - 1][:, views])


def _data_hash(rows: Rows) -> str:
    digest = hashlib.sha256()
    for values in (rows.account, rows.posted_at, rows.label, rows.label_sd, rows.tabular, rows.sequence):
        digest.update(np.ascontiguousarray(values).tobytes())
    return digest.hexdigest()


def _metrics(rows: Rows, raw: Raw, shift: Floats, calibration: Calibration) -> dict[str, float]:
    """On accounts that the models had not seen; MAPE over posts with a like."""
    count = np.expm1(rows.label)
    liked = count >= 1
    point = np.expm1(np.maximum(raw.point + shift + calibration.point, 0))
    return {
        "mape": round(float(np.mean(np.abs(point - count)[liked] / count[liked])), 6) if liked.any() else 0.0,
        "log_mae": round(float(np.abs(raw.typical + shift - rows.label).mean()), 6),
        "log_mae_without_weights": round(float(np.abs(raw.typical - rows.label).mean()), 6),
    }
