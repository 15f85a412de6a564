"""Forecasts of drafts."""

import math

import numpy as np

from predictions.engine.explanation import explain_forecast
from predictions.engine.features import Features
from predictions.engine.global_model import MAX_LOG, GlobalModel, Raw, serve
from predictions.engine.growth import Floats
from predictions.engine.history import History, content_of
from predictions.engine.population import MEASURES
from predictions.engine.state import AccountState
from predictions.engine.types import DAY, Basis, Bucket, Draft, Forecast
from predictions.engine.weights import inputs

BASELINE_POSTS = 5
RECENT_POSTS = 20
"""A bucket compares with the middle half of so many posts."""

FEW_POSTS = 5
_STALE_DAYS = 90
_RATIO_POSTS = 3.0
"""Posts' worth of the population's ratio of comments, shares and views to likes that an account's own is shrunk by."""


def forecast(model: GlobalModel, state: AccountState, draft: Draft, *, as_of: int, explain: bool = False) -> Forecast:
    """Forecast a draft's counts at the horizon from what is known at `as_of` (epoch seconds).

    Posts count whose horizon has passed by `as_of`, with the labels that the state holds; an `as_of` before the
    state's own counts as the state's own. The explanation is computed on demand: it costs several times the forecast.
    """
    now = max(as_of, state.as_of)
    history = state.history.known_at(now)
    ratios = _ratios(model, history)
    warnings = _warnings(model, state, history, now)
    if not len(history):
        return _from_population(model, state.followers, ratios, warnings)
    features = Features.of(history, content_of(draft), draft.publish_at, state.followers, state.solved)
    tabular = features.tabular[None]
    raw = model.predict(np.array([features.base]), tabular, features.sequence[None])
    row = inputs(tabular)[0]
    weights = state.learned.vector()
    shift, noise = raw.spread * float(row @ weights), np.array([state.learned.noise()])
    served = serve(model, raw, shift, noise, np.array([len(history)]))
    point, typical, low, high = (float(x[0]) for x in (served.point, served.typical, served.low, served.high))
    explanation = explain_forecast(model, tabular, row * weights * raw.spread[0]) if explain else ()
    return Forecast(
        point=point,
        typical=typical,
        low=low,
        high=high,
        bucket=_bucket(history, typical),
        metrics=_metrics(point, ratios),
        baseline=float(np.expm1(history.likes[-BASELINE_POSTS:]).mean()),
        basis=_basis(model, history),
        explanation=explanation,
        warnings=warnings,
    )


def _from_population(model: GlobalModel, followers: float, ratios: Floats, warnings: tuple[str, ...]) -> Forecast:
    population = model.population
    level = np.array([population.typical(followers)])
    raw = Raw(level, np.maximum(level + population.point, 0), level + population.low, level + population.high)
    # The population's quantiles are those of its accounts: nothing here to calibrate.
    point, typical, low, high = (
        float(np.expm1(np.clip(x, 0.0, MAX_LOG))[0]) for x in (raw.point, raw.typical, raw.low, raw.high)
    )
    basis: Basis = "prior" if model.is_prior else "population"
    return Forecast(point, typical, low, high, "medium", _metrics(point, ratios), None, basis, (), warnings)


def _basis(model: GlobalModel, history: History) -> Basis:
    if model.is_prior:
        return "prior"
    return "account" if len(history) else "population"


def _bucket(history: History, typical: float) -> Bucket:
    recent = np.expm1(history.likes[-RECENT_POSTS:])
    if len(recent) < 2:
        return "medium"
    lower, upper = np.quantile(recent, [0.25, 0.75])
    if typical < lower:
        return "low"
    return "high" if typical > upper else "medium"


def _ratios(model: GlobalModel, history: History) -> Floats:
    """(3,) log of comments, shares and views over likes, shrunk towards the population's; NaN where nobody knows."""
    own = history.logs[-RECENT_POSTS:, 1:] - history.logs[-RECENT_POSTS:, :1]
    known = ~np.isnan(own)
    count, total = known.sum(axis=0), np.where(known, own, 0.0).sum(axis=0)
    usual = np.array(model.population.ratios)
    trust = np.where(np.isnan(usual), 0.0, _RATIO_POSTS)
    with np.errstate(invalid="ignore"):
        ratios: Floats = (total + trust * np.nan_to_num(usual)) / (count + trust)
    return ratios


def _metrics(point: float, ratios: Floats) -> dict[str, float]:
    others = zip(MEASURES[1:], np.log1p(point) + ratios, strict=True)
    counts = {name: float(np.expm1(np.clip(x, 0.0, MAX_LOG))) for name, x in others if not math.isnan(x)}
    return {"likes": point} | counts


def _warnings(model: GlobalModel, state: AccountState, history: History, now: int) -> tuple[str, ...]:
    warnings = []
    if model.is_prior:
        warnings.append("no model trained yet: this rests on general assumptions and the account's own posts")
    if not len(history):
        basis = "accounts with as many followers" if math.isfinite(state.followers) else "accounts in general"
        warnings.append(f"no history: no post with a known first day, so this is what {basis} get")
    elif len(history) < FEW_POSTS:
        warnings.append(f"few posts: only {len(history)} with a known first day")
    recent = history[max(0, len(history) - 10) :]
    estimated = int((~recent.measured).sum())
    if estimated > len(recent) / 2:
        warnings.append(
            f"first days estimated: {estimated} of your last {len(recent)} posts were not counted about 24 hours "
            "after publishing, so their first day is worked out from other counts"
        )
    if len(history) and now - int(history.posted_at[-1]) > _STALE_DAYS * DAY:
        warnings.append(f"old history: the last known post is {(now - int(history.posted_at[-1])) // DAY} days old")
    if state.ignored:
        warnings.append(f"{state.ignored} posts are dated in the future and were ignored")
    return tuple(warnings)
