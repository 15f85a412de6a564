"""The evaluation protocol: learn from what was known at a moment, forecast the posts after it, and score.

Files hold counts as of their crawl. A post's label is its latest observation; *mature* ones were made seven days or
more after publishing. T is the 80 % quantile of publishing over the test file's mature posts. Learned from are posts
whose first day had passed by T; tested are mature posts from T on with `MIN_HISTORY` posts before them. With `horizon`,
first-day counts are tested instead: see `_horizon_plan`.
"""

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from predictions.engine.data.growth import MATURE_AGE, GrowthCurve, fit_growth, is_count, is_usable
from predictions.engine.data.history import Timeline
from predictions.engine.data.history_file import join_accounts
from predictions.engine.data.labels import MEASURED, Target
from predictions.engine.estimators.counts import RATIOS, forecast_counts, rate_of
from predictions.engine.evaluation.replay import replay
from predictions.engine.evaluation.scores import score
from predictions.engine.features.rows import Rows, rows_of_account
from predictions.engine.global_model import CalibratedForecast, GlobalModel
from predictions.engine.statistics import weighted_quantile
from predictions.engine.threads import one_blas_thread
from predictions.engine.training import TrainingAccount, train_on_rows
from predictions.engine.types import (
    COUNTS,
    HORIZON,
    MIN_HISTORY,
    RATE,
    AccountHistory,
    Counts,
    Floats,
    PublishedPost,
    Range,
)

_FAR = 2**53
"""Later than every observation."""

LENGTH_CLASSES = ((5, 10), (11, 20), (21, 50), (51, 10**9))
"""Posts of history by which scores are shown."""


class NothingToTest(ValueError):
    """The protocol tests no post of the file; the message says what was looked for."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The accounts, and which of their posts are learned from and tested."""

    accounts: list[AccountHistory]
    of_test: list[bool]  # per account: whether it is of the test file
    target: Target
    split_at: float
    """Posts are learned from whose first day ends by then; in the horizon plan, this holds for the test file only."""


@dataclass(frozen=True, slots=True)
class CountForecasts:
    """Forecasts of one count, or of the engagement rate, for the n test posts; NaN where unknown."""

    actual: Floats
    point: Floats  # of the rate, its typical value
    typical: Floats
    low: Floats
    high: Floats
    baseline: Floats


@dataclass(frozen=True, slots=True)
class Result:
    """Forecasts of the n test posts, by account and time, and their scores."""

    account_id: list[str]
    post_id: list[str]
    posted_at: NDArray[np.int64]
    likes: Floats
    baseline: Floats
    served: CalibratedForecast
    measured: dict[str, CountForecasts]
    """By the names of `RATIOS`, where known for any post."""
    report: dict[str, Any]


@one_blas_thread()
def run_backtest(
    test: Sequence[AccountHistory],
    train: Sequence[AccountHistory] = (),
    *,
    horizon: bool = False,
    progress: Callable[[str], None] = lambda _: None,
) -> Result:
    """Run the protocol. Accounts of `train` that are also in `test` are taken from the test file only.

    Raises NothingToTest when no post of `test` qualifies.
    """
    accounts = {a.account_id: (a, False) for a in join_accounts(train)}
    accounts |= {a.account_id: (a, True) for a in join_accounts(test)}
    both = [accounts[name] for name in sorted(accounts)]
    plan = (_horizon_plan if horizon else _mature_plan)([a for a, _ in both], [of_test for _, of_test in both])
    started = time.perf_counter()
    curve = _curve(plan)
    parts = []
    for i, account in enumerate(plan.accounts):
        parts.append(rows_of_account(i, account, curve, plan.target, _FAR))
        if i % 200 == 0:
            progress(f"features of account {i + 1} of {len(plan.accounts)}")
    rows = Rows.concatenate(parts)
    featured = time.perf_counter()
    posts = [plan.accounts[a].posts[p] for a, p in zip(rows.account, rows.post, strict=True)]
    of_test = np.array(plan.of_test, dtype=np.bool_)[rows.account]
    late = [_is_first_day(p) if horizon else p.posted_at >= plan.split_at for p in posts]
    chosen = of_test & (rows.known >= MIN_HISTORY) & np.array(late, dtype=np.bool_)
    if not chosen.any():
        raise NothingToTest(
            f"no post to test: none of {len(rows)} posts with a history is "
            f"{'observed 18 to 30 h' if horizon else 'observed 7 days or more'} after publishing, late enough, and has "
            f"{MIN_HISTORY} posts a day or more before it."
        )
    in_time = rows.posted_at + HORIZON <= plan.split_at
    learned = rows[(in_time | ~of_test if horizon else in_time) & ~np.isnan(rows.label)]
    progress(f"training on {len(learned)} posts")
    until = math.floor(plan.split_at)
    model = train_on_rows(learned, [TrainingAccount.of(a, until) for a in plan.accounts], curve, seed=0, until=until)
    trained = time.perf_counter()
    tested = rows[chosen]
    shown = [p for p, is_chosen in zip(posts, chosen, strict=True) if is_chosen]
    # forecasts are of counts at the horizon, and are scored at the age at which each post was counted
    ages = [_latest(p).observed_at - p.posted_at for p in shown]
    gains = -np.array([curve.gains(age) for age in ages]) if horizon else np.zeros((len(shown), len(COUNTS)))
    at_horizon = replay(model, rows, chosen, [account.zone for account in plan.accounts])
    baselines = _baselines(plan, tested)
    measured = _forecast_counts(model, plan, curve, tested, shown, at_horizon, gains, baselines)
    growth = np.exp(gains[:, 0])
    served = CalibratedForecast(*(getattr(at_horizon, f.name) * growth for f in fields(at_horizon)))
    finished = time.perf_counter()
    likes, baseline = np.array([_latest(p).likes for p in shown]), baselines[:, 0]
    names = [plan.accounts[a].account_id for a in tested.account]
    report = {
        "protocol": plan.target,
        "split_at": plan.split_at,
        "train": {"rows": len(learned), "accounts": len(np.unique(learned.account)), "prior_only": model.is_prior},
        "test": {"rows": len(tested), "accounts": len(set(names))},
        "scores": {
            "postcast": _score(likes, served, names),
            "baseline": score(likes, baseline, baseline, accounts=names),
            "scaled baseline": score(likes, *_scaled(learned, tested.baseline * growth), accounts=names),
        },
        "by_history": {
            f"{a}-{b}" if b < 10**9 else f"{a}+": _score(likes[m], served[m])
            for a, b in LENGTH_CLASSES
            if (m := (tested.known >= a) & (tested.known <= b)).any()
        },
        "measures": {name: _score_counts(name, forecasts) for name, forecasts in measured.items()},
        "seconds": {
            "features": round(featured - started, 2),
            "training": round(trained - featured, 2),
            "forecasts": round(finished - trained, 2),
        },
    }
    return Result(names, [p.post_id for p in shown], tested.posted_at, likes, baseline, served, measured, report)


def _mature_plan(accounts: Sequence[AccountHistory], of_test: list[bool]) -> Plan:
    mature = [_with_latest(a, MATURE_AGE) for a in accounts]
    moments = [p.posted_at for a, tested in zip(mature, of_test, strict=True) if tested for p in a.posts]
    if not moments:
        raise NothingToTest("no post to test: none has its likes observed 7 days or more after publishing.")
    split_at = float(np.quantile(moments, 0.8))
    return Plan(mature, of_test, "mature", split_at)


def _horizon_plan(accounts: Sequence[AccountHistory], of_test: list[bool]) -> Plan:
    """Test posts whose latest observation is 18 to 30 h old.

    Learn from all of TRAIN, and from what was published in TEST a day or more before the earliest test post.
    """
    observed = [_with_latest(a) if tested else a for a, tested in zip(accounts, of_test, strict=True)]
    first_days = [
        p.posted_at
        for a, tested in zip(observed, of_test, strict=True)
        if tested
        for p in a.posts
        if _is_first_day(p) and _history_length(a, p) >= MIN_HISTORY
    ]
    if not first_days:
        raise NothingToTest(
            "no post to test: no latest observation with likes lies 18 to 30 h after publishing, with "
            f"{MIN_HISTORY} posts before."
        )
    return Plan(observed, of_test, "horizon", float(min(first_days)))


def _with_latest(account: AccountHistory, min_age: float = -math.inf) -> AccountHistory:
    """Return the account with each post's latest observation, without posts where it lacks likes or is too young."""
    posts = []
    for post in sorted((p for p in account.posts if p.observations), key=lambda p: (p.posted_at, p.post_id)):
        latest = max(post.observations, key=lambda c: c.observed_at)
        if is_count(latest.likes) and latest.observed_at - post.posted_at >= min_age:
            posts.append(replace(post, observations=(latest,)))
    return replace(account, posts=tuple(posts))


def _latest(post: PublishedPost) -> Counts:
    return post.observations[-1]


def _history_length(account: AccountHistory, post: PublishedPost) -> int:
    return sum(p.posted_at + HORIZON <= post.posted_at and is_usable(p.posted_at, _latest(p)) for p in account.posts)


def _is_first_day(post: PublishedPost) -> bool:
    return MEASURED[0] <= _latest(post).observed_at - post.posted_at <= MEASURED[1]


def _counted(post: PublishedPost) -> Floats:
    """Return `COUNTS` of the latest observation, and the engagement rate (5,); NaN unknown."""
    counts = np.array([x if is_count(x := getattr(_latest(post), name)) else math.nan for name in COUNTS])
    return np.append(counts, rate_of(counts))


def _baselines(plan: Plan, tested: Rows) -> Floats:
    """Return the means (n, 5), as crawled, of the last five posts that have the count and whose first day was over."""
    means = np.empty((len(tested), len(COUNTS) + 1))
    for position in np.unique(tested.account):
        posts = plan.accounts[position].posts
        counted, posted_at = np.array([_counted(p) for p in posts]), np.array([p.posted_at for p in posts])
        for i in np.flatnonzero(tested.account == position):
            earlier = counted[: np.searchsorted(posted_at, tested.posted_at[i] - HORIZON, side="right")]
            columns = (column[~np.isnan(column)][-5:] for column in earlier.T)
            means[i] = [column.mean() if len(column) else math.nan for column in columns]
    return means


def _curve(plan: Plan) -> GrowthCurve:
    """Return the growth curve of the posts that are learned from."""
    if plan.target == "mature":
        return GrowthCurve()
    learned = [
        replace(a, posts=tuple(p for p in a.posts if not tested or p.posted_at + HORIZON <= plan.split_at))
        for a, tested in zip(plan.accounts, plan.of_test, strict=True)
    ]
    return fit_growth(learned, _FAR)


def _forecast_counts(
    model: GlobalModel, plan: Plan, curve: GrowthCurve, tested: Rows, shown: list[PublishedPost],
    served: CalibratedForecast, gains: Floats, baselines: Floats,
) -> dict[str, CountForecasts]:  # fmt: skip
    """Forecast the other counts and the rate, as in serving; those known of no post are left out.

    `served` is at the horizon; `gains` (n, 4) move the logs of `COUNTS` to the age at which each post was counted.
    """
    # the rate grows as likes per view
    growth = np.exp(np.column_stack([gains[:, 1:], gains[:, 0] - gains[:, 3]]))
    table = np.full((len(RATIOS), len(tested), 6), np.nan)
    for position in np.unique(tested.account):
        timeline = Timeline(plan.accounts[position], curve, plan.target, until=_FAR, reconstruct=True)
        for i in np.flatnonzero(tested.account == position):
            history = timeline.known_at(int(tested.posted_at[i]))
            likes, point = Range(served.low[i], served.typical[i], served.high[i]), float(served.point[i])
            points, ranges, rate = forecast_counts(model.counts, history.posted_at, history.logs, likes, point)
            actual = _counted(shown[i])
            for j, name in enumerate(RATIOS):
                if of_count := rate if name == RATE else ranges.get(name):
                    forecasts = points.get(name, of_count.typical), of_count.typical, of_count.low, of_count.high
                    table[j, i] = actual[j + 1], *(growth[i, j] * np.array(forecasts)), baselines[i, j + 1]
    return {
        name: CountForecasts(*table[j].T) for j, name in enumerate(RATIOS) if not np.isnan(table[j]).any(axis=1).all()
    }


def _score(likes: Floats, served: CalibratedForecast, accounts: Sequence[str] | None = None) -> dict[str, float]:
    return score(likes, served.point, served.typical, served.low, served.high, accounts)


def _score_counts(name: str, forecasts: CountForecasts) -> dict[str, dict[str, float]]:
    """Score the posts of which forecast, baseline and count are known; rates are per 1,000 views."""
    columns = np.stack([getattr(forecasts, f.name) for f in fields(forecasts)]) * (1000.0 if name == RATE else 1.0)
    actual, *postcast, baseline = columns[:, ~np.isnan(columns).any(axis=0)]
    return {"postcast": score(actual, *postcast), "baseline": score(actual, baseline, baseline)}


def _scaled(learned: Rows, baseline: Floats) -> tuple[Floats, Floats]:
    """Return point and typical: baselines (m,) times the constants with the least errors on the learned posts.

    The point's constant has the least mean relative error over posts with a like, the typical's about the least mean
    |log1p error|.
    """
    likes = np.expm1(learned.label)
    liked = (likes >= 1) & (learned.baseline > 0)
    ratio = likes[liked] / learned.baseline[liked]
    point = weighted_quantile(ratio, 1 / ratio, 0.5) if liked.any() else 1.0
    typical = math.exp(float(np.median(learned.label - np.log1p(learned.baseline)))) if len(likes) else 1.0
    return baseline * point, baseline * typical
