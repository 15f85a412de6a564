"""Forecasts of drafts."""

import math

import numpy as np

from predictions.engine.data.history import History, content_of
from predictions.engine.estimators.account_weights import inputs
from predictions.engine.estimators.counts import forecast_counts
from predictions.engine.explanation import explain_forecast
from predictions.engine.features.tabular import Features
from predictions.engine.global_model import GlobalModel, LogForecast, serve
from predictions.engine.learned_account import AccountState
from predictions.engine.types import COUNTS, DAY, MAX_LOG, Basis, Bucket, Draft, Forecast, Range

BASELINE_POSTS = 5
RECENT_POSTS = 20
"""A bucket compares with the middle half of so many posts."""

FEW_POSTS = 5
_STALE_DAYS = 90
_FAR_DAYS = 14
"""The interval holds for a next post; a forecast further ahead than this says so."""


def forecast(model: GlobalModel, state: AccountState, draft: Draft, *, as_of: int, explain: bool = False) -> Forecast:
    """Forecast a draft's counts at the horizon from what is known at `as_of` (epoch seconds).

    Posts count whose horizon has passed by `as_of`, with the labels that the state holds; an `as_of` before the
    state's own counts as the state's own. The explanation is computed on demand: it costs several times the forecast.
    """
    now = max(as_of, state.as_of)
    history = state.history.known_at(now)
    warnings = _warnings(model, state, history, now) + _too_far(draft.publish_at, now)
    if not len(history):
        return _from_population(model, state.followers, warnings)
    features = Features.of(history, content_of(draft), draft.publish_at, state.followers, state.solved)
    tabular = features.tabular[None]
    raw = model.predict(np.array([features.base]), tabular, features.sequence[None], features.topic[None])
    row = inputs(tabular)[0]
    weights = state.learned.vector()
    shift, noise = raw.spread * float(row @ weights), np.array([state.learned.noise()])
    served = serve(model, raw, shift, noise, np.array([len(history)]))
    point, typical, low, high = (float(x[0]) for x in (served.point, served.typical, served.low, served.high))
    own = row * weights * raw.spread[0]
    explanation = explain_forecast(model, features, own, typical) if explain else ()
    likes = Range(low, typical, high)
    metrics, ranges, rate = forecast_counts(model.counts, history.posted_at, history.logs, likes, point)
    return Forecast(
        point=point,
        typical=typical,
        low=low,
        high=high,
        bucket=_bucket(history, typical),
        metrics=metrics,
        measures=ranges,
        engagement_rate=rate,
        baseline=float(np.expm1(np.minimum(history.likes[-BASELINE_POSTS:], MAX_LOG)).mean()),
        basis=_basis(model, history),
        explanation=explanation,
        warnings=warnings + _without_rate(metrics, rate),
    )


def _from_population(model: GlobalModel, followers: float, warnings: tuple[str, ...]) -> Forecast:
    population = model.population
    level = np.array([population.typical(followers)])
    low_end = level + population.low
    raw = LogForecast(level, np.maximum(level + population.point, low_end), low_end, level + population.high)
    # The population's quantiles are those of its accounts: nothing here to calibrate.
    point, typical, low, high = (
        float(np.expm1(np.clip(x, 0.0, MAX_LOG))[0]) for x in (raw.point, raw.typical, raw.low, raw.high)
    )
    basis: Basis = "prior" if model.is_prior else "population"
    nothing = History.of_contents([], [])
    likes = Range(low, typical, high)
    metrics, ranges, rate = forecast_counts(model.counts, nothing.posted_at, nothing.logs, likes, point)
    warnings += _without_rate(metrics, rate)
    return Forecast(point, typical, low, high, "medium", metrics, ranges, rate, None, basis, (), warnings)


def _basis(model: GlobalModel, history: History) -> Basis:
    if model.is_prior:
        return "prior"
    return "account" if len(history) else "population"


def _bucket(history: History, typical: float) -> Bucket:
    recent = np.expm1(history.likes[-RECENT_POSTS:])
    if len(recent) < 2:
        return "medium"
    lower, upper = np.quantile(recent, [0.25, 0.75])
    if typical < lower - _difference(lower):
        return "low"
    return "high" if typical > upper + _difference(upper) else "medium"


def _difference(count: float) -> float:
    """A smaller difference from this count is none: less than half a like, or a per cent."""
    return max(0.5, 0.01 * count)


def _without_rate(metrics: dict[str, float], rate: Range | None) -> tuple[str, ...]:
    """Why there is no engagement rate, where there is none."""
    if rate:
        return ()
    unknown = " and ".join(name for name in COUNTS if name not in metrics)
    return (f"no engagement rate: {unknown} are not known, neither of your posts nor of other accounts",)


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
        dated = "1 post is" if state.ignored == 1 else f"{state.ignored} posts are"
        warnings.append(f"{dated} dated in the future and left out")
    return tuple(warnings)


def _too_far(publish_at: int, now: int) -> tuple[str, ...]:
    days = (publish_at - now) // DAY
    if days <= _FAR_DAYS:
        return ()
    return (f"far ahead: {days} days from now your account may be another one, and the range does not allow for that",)
