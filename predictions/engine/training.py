"""Training of the global model."""

import hashlib
import zlib
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import lightgbm as lgb
import numpy as np
from numpy.typing import NDArray

from predictions.engine.calibration import Calibration, calibrate
from predictions.engine.features import TABULAR
from predictions.engine.global_model import Fold, GlobalModel, Raw, ordered, versions
from predictions.engine.growth import Floats, GrowthCurve, Target, fit_growth
from predictions.engine.measures import fit_measures
from predictions.engine.network import Scaling, train_network
from predictions.engine.population import fit_population
from predictions.engine.rows import Rows, concatenate, rows_of_account
from predictions.engine.threads import one_blas_thread
from predictions.engine.types import HORIZON, AccountHistory
from predictions.engine.weights import WeightPrior, inputs, walk

FOLDS = 4
MIN_ROWS = 200
"""With fewer rows the model stays the prior; only curve, population and intervals are learned."""

_TREES = 250
_BOOSTING = {
    "objective": "l1", "learning_rate": 0.05, "num_leaves": 20, "min_data_in_leaf": 60, "lambda_l2": 5.0,
    "bagging_fraction": 0.8, "bagging_freq": 1, "feature_fraction": 0.5, "max_bin": 127,
    "deterministic": True, "force_row_wise": True, "num_threads": 1, "verbose": -1,
}  # fmt: skip
_WEIGHT_CLIP = 3.0
_LABEL_VARIANCE = 0.5
"""An estimated label weighs 1 / (1 + its variance / this): half when it is about as unsure as the forecast."""

_WEIGHT_PRIORS = [
    WeightPrior(level, slope, memory)
    for level, slope in ((0.0, 0.0), (0.003, 0.0), (0.01, 0.003), (0.03, 0.003), (0.03, 0.01), (0.1, 0.03))
    for memory in (0.95, 0.98, 0.995)
]


def train(accounts: Sequence[AccountHistory], *, until: int, seed: int = 0, target: Target = "horizon") -> GlobalModel:
    """Learn from what was known at `until` (epoch seconds): observations made and horizons passed by then.

    `target` is "mature" only in the evaluation protocol. The same accounts give the same model, bit for bit, in any
    order. Posts of too few accounts give a model that predicts as the prior does, on a learned curve and population.
    The accounts' ids stand in the manifest as they are: whoever keeps the model gives keyed pseudonyms, since a plain
    hash of an id can be found by trying ids.
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
        "pseudonyms": sorted(accounts[i].account_id for i in set(rows.account)),
        "span": [int(rows.posted_at.min()), int(rows.posted_at.max())] if len(rows) else None,
        "until": until,
        "seed": seed,
        "data_sha256": _data_hash(rows),
        **versions(),
    }
    population = _population(rows, accounts)
    measures = fit_measures([a.account_id for a in accounts], rows.account, rows.posted_at, rows.logs)
    fold_of = np.array([zlib.crc32(accounts[i].account_id.encode()) % FOLDS for i in rows.account], dtype=np.int64)
    if len(rows) < MIN_ROWS or any((fold_of == f).all() or not (fold_of == f).any() for f in range(FOLDS)):
        raw = prior.predict(rows.base, rows.tabular, rows.sequence)
        manifest["prior"] = True
        calibration = calibrate(imputed(rows, seed).label, raw.typical, raw.low, raw.high, rows.known)
        return replace(prior, population=population, measures=measures, calibration=calibration, manifest=manifest)
    with one_blas_thread():
        scaling = Scaling.of(np.hstack([rows.tabular, rows.sequence]))
        folds = [_train_fold(rows, fold_of != f, scaling, seed * FOLDS + f) for f in range(FOLDS)]
        raw = _out_of_fold(rows, fold_of, folds, scaling)
    weight_prior, shift, noise = _best_weight_prior(rows, raw)
    calibration = calibrate_walked(imputed(rows, seed), raw, shift, noise)
    manifest["metrics"] = _metrics(rows, raw, shift)
    return GlobalModel(curve, population, measures, weight_prior, calibration, scaling, tuple(folds), manifest)


def _train_fold(rows: Rows, chosen: NDArray[np.bool_], scaling: Scaling, seed: int) -> Fold:
    tabular, relative = rows.tabular[chosen], (imputed(rows, seed).label - rows.base)[chosen]
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
    losses = np.stack([sure, sure, sure, by_count / by_count.mean()], axis=1)
    return Fold(boosters[0], boosters[1], train_network(scaled, relative, losses, seed))


def imputed(rows: Rows, seed: int) -> Rows:
    """The rows with each label drawn from what it may have been, by the uncertainty that it came with.

    An estimate in the place of a count hides how much first days vary: models learn intervals that are too narrow and
    points that are too high. Each fold learns from a draw of its own (multiple imputation: Rubin, "Multiple Imputation
    for Nonresponse in Surveys", 1987), and their mean serves.
    """
    chance = np.random.default_rng([seed, 1]).standard_normal(len(rows))
    return replace(rows, label=np.maximum(rows.label + rows.label_sd * chance, 0.0))


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
    """The prior whose weights leave the smallest error on accounts that the models had not seen; maybe none at all."""
    walks = [(prior, *walk_all(prior, rows, raw)) for prior in _WEIGHT_PRIORS]
    return min(walks, key=lambda w: float(np.abs(raw.typical + w[1] - rows.label).mean()))


def calibrate_walked(rows: Rows, raw: Raw, shift: Floats, noise: Floats) -> Calibration:
    """Calibration of the interval as it is served: moved and stretched by the account's weights."""
    down, up = (raw.typical - raw.low) * noise, (raw.high - raw.typical) * noise
    typical = raw.typical + shift
    return calibrate(rows.label, typical, typical - down, typical + up, rows.known)


def _population(rows: Rows, accounts: Sequence[AccountHistory]) -> Any:
    starts = np.flatnonzero(np.diff(rows.account, prepend=-1))
    ends = np.append(starts, len(rows))[1:]
    level = np.array([np.median(rows.label[a:b]) for a, b in zip(starts, ends, strict=True)])
    first = rows.label[starts]
    followers = np.array([accounts[i].followers for i in rows.account[starts]], dtype=np.float64)
    return fit_population(level, followers, first)


def _data_hash(rows: Rows) -> str:
    digest = hashlib.sha256()
    for values in (rows.account, rows.posted_at, rows.label, rows.label_sd, rows.tabular, rows.sequence):
        digest.update(np.ascontiguousarray(values).tobytes())
    return digest.hexdigest()


def _metrics(rows: Rows, raw: Raw, shift: Floats) -> dict[str, float]:
    """On accounts that the models had not seen; MAPE over posts with a like."""
    count = np.expm1(rows.label)
    liked = count >= 1
    point = np.expm1(np.maximum(raw.point + shift, 0))
    return {
        "mape": round(float(np.mean(np.abs(point - count)[liked] / count[liked])), 6) if liked.any() else 0.0,
        "log_mae": round(float(np.abs(raw.typical + shift - rows.label).mean()), 6),
        "log_mae_without_weights": round(float(np.abs(raw.typical - rows.label).mean()), 6),
    }
