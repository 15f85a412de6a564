"""Forecasts of drafts."""

import math
from collections.abc import Iterator, Sequence

import numpy as np
from scipy.special import ndtr

from predictions.engine.data.history import History, content_of
from predictions.engine.effects.account_effects import effect_of
from predictions.engine.effects.design import content_design
from predictions.engine.estimators.counts import forecast_counts
from predictions.engine.explanation import explain_forecast
from predictions.engine.features.tabular import Features
from predictions.engine.global_model import CalibratedForecast, GlobalModel
from predictions.engine.learned_account import LearnedAccount
from predictions.engine.statistics import quantiles
from predictions.engine.types import COUNTS, DAY, MAX_LOG, Z80, Bucket, Draft, Effect, Floats, Forecast, Range

BASELINE_POSTS = 5
RECENT_POSTS = 20
"""A bucket compares with the middle half of so many posts."""

MUCH_UNCERTAIN = 0.2
"""Share of the recent posts from which on rounded counts, or likes that were filled in, are told."""
FEW_POSTS = 5
_STALE_DAYS = 90
_FAR_DAYS = 14
"""The interval holds for a next post; a forecast further ahead than this says so."""


def forecast(
    model: GlobalModel, account: LearnedAccount, draft: Draft, *, as_of: int, explain: bool = False
) -> Forecast:
    """Forecast a draft's counts at the horizon from what is known at `as_of` (epoch seconds).

    Posts count whose horizon has passed at `as_of`, with the labels that the account holds; an `as_of` before the
    account's own counts as the account's own. The explanation takes several times as long as the forecast.

    >>> from predictions.engine import AccountHistory, Draft, learn_account
    >>> from posts.content.captions import measure_caption
    >>> prior = GlobalModel.prior()
    >>> nobody = learn_account(prior, AccountHistory("new", followers=1_000.0, posts=()), as_of=0)
    >>> forecast(prior, nobody, Draft(3600, measure_caption("Hello"), 15.0, "", None), as_of=0).basis
    'prior'
    """
    now = max(as_of, account.as_of)
    history = account.history.known_at(now)
    explanation: tuple[Effect, ...] = ()
    chance: float | None = None
    if len(history):
        rows, [features], counts = _forecast_likes(model, account, history, [draft])
        low, typical, high, point = (float(x[0]) for x in (counts.low, counts.typical, counts.high, counts.point))
        chance = chance_above(Range(low, typical, high), features.base)
        if explain:
            posterior = account.posterior(model.effects)
            explanation = explain_forecast(account, posterior, rows[0], draft, features.base, typical)
    else:
        low, typical, high, point = model.population.forecast(account.followers)
    likes = Range(low, typical, high)
    metrics, ranges, rate = forecast_counts(model.counts, history.posted_at, history.counted_logs, likes, point)
    return Forecast(
        point=point,
        typical=typical,
        low=low,
        high=high,
        bucket=_bucket(history, typical),
        metrics=metrics,
        measures=ranges,
        engagement_rate=rate,
        baseline=_baseline(history),
        chance_above_usual=chance,
        basis="prior" if model.is_prior else "account" if len(history) else "population",
        explanation=explanation,
        warnings=tuple(
            _warnings(model, account, history, draft, now, [name for name in COUNTS if name not in metrics])
        ),
    )


def chances_above_usual(
    model: GlobalModel, account: LearnedAccount, drafts: Sequence[Draft], *, as_of: int
) -> list[float | None]:
    """Return each draft's `chance_above_usual`, as `forecast` does; many together take a fraction of one by one."""
    history = account.history.known_at(max(as_of, account.as_of))
    if not drafts or not len(history):
        return [None] * len(drafts)
    _rows, features, counts = _forecast_likes(model, account, history, drafts)
    likes = zip(counts.low.tolist(), counts.typical.tolist(), counts.high.tolist(), strict=True)
    return [chance_above(Range(*each), of.base) for each, of in zip(likes, features, strict=True)]


def _forecast_likes(
    model: GlobalModel, account: LearnedAccount, history: History, drafts: Sequence[Draft]
) -> tuple[Floats, list[Features], CalibratedForecast]:
    """Return the drafts' columns of effects (n, columns), their features, and the forecasts of their likes."""
    contents = [content_of(draft) for draft in drafts]
    rows = account.effects.columns(
        np.array([draft.publish_at for draft in drafts]),
        content_design(drafts),
        np.array([content.tags for content in contents]),
    )
    posterior = account.posterior(model.effects)
    features = [
        Features.of(
            *(history, content, draft.publish_at, account.followers, account.gp),
            effect_of(account.effects, posterior, row),
        )
        for draft, content, row in zip(drafts, contents, rows, strict=True)
    ]
    log_forecast = model.predict(
        np.array([each.base for each in features]),
        np.array([each.tabular for each in features]),
        np.array([each.topic for each in features]),
    )
    noise = np.full(len(drafts), account.noise.factor)
    counts = model.calibrate(log_forecast, noise, np.array([each.base_sd for each in features]))
    return rows, features, counts


def chance_above(counts: Range, level: float) -> float:
    """Return the probability that a count lies above a level (log1p), from its typical value and 80 % interval.

    The forecast is taken for a two-piece log-normal: its median is `typical`, and each side has the deviation that puts
    a tenth of all posts beyond its end of the interval. An interval without width says 0, 1/2 or 1.

    >>> chance_above(Range(low=50.0, typical=100.0, high=200.0), level=math.log1p(100.0))
    0.5
    >>> chance_above(Range(low=50.0, typical=100.0, high=200.0), level=math.log1p(50.0))
    0.9
    """
    low, typical, high = (math.log1p(count) for count in (counts.low, counts.typical, counts.high))
    distance = typical - level
    deviation = (typical - low if distance > 0 else high - typical) / Z80
    if deviation <= 0:
        return 0.5 if distance == 0 else float(distance > 0)
    return round(float(ndtr(distance / deviation)), 3)


def _baseline(history: History) -> float | None:
    """Return the mean of the last five likes that were counted, at the horizon; None without any."""
    counted = history.likes[~history.filled][-BASELINE_POSTS:]
    return float(np.expm1(np.minimum(counted, MAX_LOG)).mean()) if len(counted) else None


def _bucket(history: History, typical: float) -> Bucket:
    recent = np.expm1(history.likes[-RECENT_POSTS:])
    if len(recent) < 2:
        return "medium"
    lower, upper = quantiles(recent, (0.25, 0.75))
    # half a like, or a per cent, is no difference
    if typical < lower - max(0.5, 0.01 * lower):
        return "low"
    return "high" if typical > upper + max(0.5, 0.01 * upper) else "medium"


def _uncertain_counts(recent: History) -> Iterator[str]:
    """Yield warnings about likes that were withheld and about rounded counts."""
    filled, rounded = int(recent.filled.sum()), int(recent.rounded.sum())
    if filled > MUCH_UNCERTAIN * len(recent):
        yield (
            f"likes filled in: the likes of {filled} of your last {len(recent)} posts are not told, so they are worked "
            "out from other counts and weigh less"
        )
    if rounded > MUCH_UNCERTAIN * len(recent):
        yield (
            f"rounded counts: {rounded} of your last {len(recent)} posts have rounded counts, such as 1.2K, so what is "
            "learned of them is less sure"
        )


def _warnings(
    model: GlobalModel, account: LearnedAccount, history: History, draft: Draft, now: int, unknown: list[str]
) -> Iterator[str]:
    """Yield warnings; `unknown` are the counts that neither the account nor the model knows."""
    if model.is_prior:
        yield "no model trained yet: this rests on general assumptions and the account's own posts"
    if not len(history):
        basis = "accounts with as many followers" if math.isfinite(account.followers) else "accounts in general"
        yield f"no history: no post with a known first day, so this is what {basis} get"
    elif len(history) < FEW_POSTS:
        yield f"few posts: only {len(history)} with a known first day"
    recent = history[max(0, len(history) - 10) :]
    estimated = int((~recent.measured).sum())
    if estimated > len(recent) / 2:
        yield (
            f"first days estimated: {estimated} of your last {len(recent)} posts were not counted about 24 hours "
            "after publishing, so their first day is worked out from other counts"
        )
    yield from _uncertain_counts(history[max(0, len(history) - RECENT_POSTS) :])
    if len(history) and now - int(history.posted_at[-1]) > _STALE_DAYS * DAY:
        yield f"old history: the last known post is {(now - int(history.posted_at[-1])) // DAY} days old"
    if account.ignored:
        dated = "1 post is" if account.ignored == 1 else f"{account.ignored} posts are"
        yield f"{dated} dated in the future and left out"
    ahead = (draft.publish_at - now) // DAY
    if ahead > _FAR_DAYS:
        yield (
            f"far ahead: {ahead} days from now your account may be another one, and the range does not allow for that"
        )
    if unknown:
        yield f"no engagement rate: {' and '.join(unknown)} are not known, neither of your posts nor of other accounts"
