"""Training of the global model."""

import hashlib
import math
import platform
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace
from heapq import heappop, heappush
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from predictions.engine.data.growth import GrowthCurve, fit_growth, is_usable
from predictions.engine.data.labels import Target
from predictions.engine.effects.fitting import fit_effects
from predictions.engine.estimators.account_noise import replay_noise
from predictions.engine.estimators.calibration import Calibration
from predictions.engine.estimators.counts import fit_counts
from predictions.engine.estimators.ensemble import Ensemble
from predictions.engine.estimators.network import require_torch
from predictions.engine.estimators.population import Population
from predictions.engine.estimators.topic_effect import TopicEffect
from predictions.engine.features.rows import OUTPUTS, Rows, rows_of_account
from predictions.engine.global_model import GlobalModel, LogForecast, versions
from predictions.engine.statistics import account_slices, cap_account_shares
from predictions.engine.threads import one_blas_thread
from predictions.engine.types import AccountHistory, Floats

T = TypeVar("T")

FOLDS = 4
"""Parts of the accounts. Corrections are learned from forecasts by ensembles that learned from the other parts; the
ensemble that serves has learned from all."""

MAX_POSTS = 150_000
"""Whole accounts are drawn at random until they have so many posts: the cost is bounded. Sets of short histories stop
gaining at a tenth of this."""

MIN_ROWS = 200
"""With fewer rows the model stays the prior; only curve, population and calibration are learned."""

_LIBRARIES = (
    "emoji", "lightgbm", "nltk", "numpy", "pillow", "scikit-learn", "scipy", "sentencepiece", "torch", "vaderSentiment",
)  # fmt: skip
"""The libraries on which a model's numbers depend, for its manifest."""


@one_blas_thread()
def train(accounts: Iterable[AccountHistory], *, until: int, seed: int = 0, target: Target = "horizon") -> GlobalModel:
    """Learn from what was known at `until` (epoch seconds): observations made and horizons passed by that moment.

    Accounts may come one by one; of more than `MAX_POSTS` posts a sample of accounts is kept. `target` is "mature" only
    in the evaluation protocol. The same accounts give the same model, bit for bit, in any order. Too few rows give a
    model that predicts as the prior does, with a learned curve and population. The manifest names accounts by their
    ids: a caller that keeps the model passes keyed pseudonyms. Raises TrainingNeedsTorch.

    >>> train([], until=0).is_prior
    True
    """
    require_torch()
    drawn = draw_accounts(accounts, seed)
    curve = fit_growth(drawn, until) if target == "horizon" else GrowthCurve()
    rows = labelled_rows(enumerate(drawn), curve, until, target)
    learned = [TrainingAccount.of(account, until) for account in drawn]
    del drawn  # the fits need rows alone
    return train_on_rows(rows, learned, curve, seed=seed, until=until)


def draw_accounts(accounts: Iterable[AccountHistory], seed: int) -> list[AccountHistory]:
    """Return accounts drawn at random until they have `MAX_POSTS` posts, in the order of their ids."""
    return draw(((account.account_id, len(account.posts), account) for account in accounts), seed)


def draw(accounts: Iterable[tuple[str, int, T]], seed: int) -> list[T]:
    """Return what stands for the accounts that are drawn at random until they have `MAX_POSTS` posts, by their ids.

    `accounts` are (id, posts, what stands for it). Each account's lot is a hash of its id and the seed, and the
    smallest lots are kept: neither the order of the accounts nor what they hold decides. One pass, which holds one
    account more than it keeps.
    """
    kept: list[tuple[int, str, int, T]] = []  # the largest lot first
    posts = 0
    for account_id, own, account in accounts:
        digest = hashlib.blake2b(f"{seed}:{account_id}".encode(), digest_size=8).digest()
        heappush(kept, (-int.from_bytes(digest), account_id, own, account))
        posts += own
        while posts - kept[0][2] >= MAX_POSTS:
            posts -= heappop(kept)[2]
    return [account for *_, account in sorted(kept, key=lambda lot: lot[1])]


def labelled_rows(
    accounts: Iterable[tuple[int, AccountHistory]], curve: GrowthCurve, until: int, target: Target = "horizon"
) -> Rows:
    """Return the rows with a label of accounts, each beside its position among all that are learned from."""
    nobody = rows_of_account(0, AccountHistory("", math.nan, ()), curve, target, until)
    parts = (rows_of_account(position, account, curve, target, until) for position, account in accounts)
    return Rows.concatenate([nobody, *(rows[~np.isnan(rows.label)] for rows in parts)])


@dataclass(frozen=True, slots=True)
class TrainingAccount:
    """An account as the fits need it, beside its rows."""

    account_id: str
    zone: str
    is_counted: bool
    """Whether anything can be learned from it: labels and growth need usable observations."""

    @classmethod
    def of(cls, account: AccountHistory, until: int) -> Self:
        """Return it of an account, from observations made by `until` (epoch seconds)."""
        is_counted = any(
            c.observed_at <= until and is_usable(p.posted_at, c) for p in account.posts for c in p.observations
        )
        return cls(account.account_id, account.zone, is_counted)


def train_on_rows(
    rows: Rows, accounts: Sequence[TrainingAccount], curve: GrowthCurve, *, seed: int, until: int
) -> GlobalModel:
    """Learn from rows that all have labels; `rows.account` counts the `accounts`. Raises TrainingNeedsTorch."""
    fold = np.array([zlib.crc32(a.account_id.encode()) % FOLDS for a in accounts], dtype=np.int64)[rows.account]
    is_prior = len(rows) < MIN_ROWS or len(np.unique(fold)) < FOLDS
    manifest: dict[str, Any] = {
        "prior": is_prior,
        "rows": len(rows),
        "accounts": len(np.unique(rows.account)),
        # more than those with rows: the growth curve is also learned from accounts of one post
        "pseudonyms": sorted(account.account_id for account in accounts if account.is_counted),
        "span": [int(rows.posted_at.min()), int(rows.posted_at.max())] if len(rows) else None,
        "until": until,
        "seed": seed,
        "data_sha256": _data_hash(rows, curve),
        "libraries": _library_versions(),
        "python": platform.python_version(),
        "machine": platform.machine(),
        **versions(),
    }
    zones = [account.zone for account in accounts]
    effects = fit_effects(
        [rows[own].effect_posts(zones[rows.account[own.start]]) for own in account_slices(rows.account)]
    )
    model = GlobalModel(
        curve=curve,
        population=Population.fit(rows.account, rows.label, rows.followers),
        counts=fit_counts(rows.account, rows.posted_at, rows.logs),
        effects=effects,
        manifest=manifest,
    )
    if is_prior:
        forecast = model.predict(rows.base, rows.tabular, rows.topic)
        return replace(model, calibration=_calibration(rows, forecast, np.ones(len(rows)), seed))
    rows = rows.with_effects(effects, zones)
    outputs = _out_of_fold(rows, fold, seed)
    topic_effect, added = _topic_effect(rows, outputs, fold)
    forecast = LogForecast.of_outputs(rows.base, outputs + added[:, None])
    calibration = _calibration(rows, forecast, replay_all(rows, forecast), seed)
    manifest["metrics"] = _metrics(rows, forecast, calibration)
    ensemble = Ensemble.fit(rows, seed=seed)
    return replace(model, calibration=calibration, topic_effect=topic_effect, ensemble=ensemble)


def replay_all(rows: Rows, forecast: LogForecast) -> Floats:
    """Return the noise factor (n,) that each row's earlier rows gave."""
    noise = np.ones(len(rows))
    miss = (rows.label - forecast.typical) / forecast.spread
    for own in account_slices(rows.account):
        noise[own], _ = replay_noise(rows.posted_at[own], miss[own], rows.known_from[own])
    return noise


def _out_of_fold(rows: Rows, fold: NDArray[np.int64], seed: int) -> Floats:
    """Return outputs (n, OUTPUTS) of rows by ensembles that did not learn from the accounts of the row's fold (n,)."""
    outputs = np.empty((len(rows), len(OUTPUTS)))
    for i in range(FOLDS):
        outputs[fold == i] = Ensemble.fit(rows[fold != i], seed=seed + i).predict(rows.tabular[fold == i])
    return outputs


def _topic_effect(rows: Rows, outputs: Floats, fold: NDArray[np.int64]) -> tuple[TopicEffect, Floats]:
    """Return the effects learned from all rows, and (n,) what those learned without the row's fold add to it."""
    miss = rows.label - LogForecast.of_outputs(rows.base, outputs).typical
    weight = cap_account_shares(rows.account, rows.sureness)
    added = np.empty(len(rows))
    for i in range(FOLDS):
        out = fold == i
        added[out] = TopicEffect.fit(rows.topic[~out], miss[~out], weight[~out]).predict(rows.topic[out])
    return TopicEffect.fit(rows.topic, miss, weight), added


def _calibration(rows: Rows, forecast: LogForecast, noise: Floats, seed: int) -> Calibration:
    """Calibrate forecasts as they are served, stretched by the account's noise, on each later half.

    The later half of an account's posts resembles its next ones most.
    """
    late = np.zeros(len(rows), dtype=np.bool_)
    for own in account_slices(rows.account):
        late[(own.start + own.stop) // 2 : own.stop] = True
    typical = forecast.typical
    low = typical - (forecast.typical - forecast.low) * noise
    high = typical + (forecast.high - forecast.typical) * noise
    columns = (rows.imputed(seed).label, typical, forecast.point, low, high)
    return Calibration.fit(*(column[late] for column in columns))


def _library_versions() -> dict[str, str]:
    versions = {}
    for name in _LIBRARIES:
        try:
            versions[name] = version(name)
        except PackageNotFoundError:
            versions[name] = "absent"
    return versions


def _data_hash(rows: Rows, curve: GrowthCurve) -> str:
    """Return the SHA-256 of all numbers that the model is learned from; the curve stands for its observations."""
    digest = hashlib.sha256(repr(curve.to_json()).encode())
    for column in fields(Rows):
        digest.update(np.ascontiguousarray(getattr(rows, column.name)).data)
    return digest.hexdigest()


def _metrics(rows: Rows, forecast: LogForecast, calibration: Calibration) -> dict[str, float]:
    """Return errors on accounts that the ensemble had not seen; MAPE over posts with a like."""
    count = np.expm1(rows.label)
    liked = count >= 1
    point = np.expm1(np.maximum(forecast.point + calibration.point, 0))
    return {
        "mape": round(float(np.mean(np.abs(point - count)[liked] / count[liked])), 6) if liked.any() else 0.0,
        "log_mae": round(float(np.abs(forecast.typical - rows.label).mean()), 6),
    }
