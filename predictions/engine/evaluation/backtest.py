"""The evaluation protocol: learn from what was known at a moment, forecast the posts after it, and score.

Files hold counts as of their crawl. In the protocol a post's label is its latest observation; *mature* ones were made
seven days or more after publishing. T is the 80 % quantile of publishing over the test file's mature posts. Learning
uses posts whose first day had passed by T, testing uses mature posts from T on with five known posts before them.
With `horizon`, first-day counts are tested instead: see `_horizon_plan`.
"""

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from predictions.engine.data.growth import MATURE_AGE, GrowthCurve, fit_growth, is_count, is_usable
from predictions.engine.data.history import Timeline
from predictions.engine.data.history_file import join_accounts
from predictions.engine.data.labels import Target
from predictions.engine.estimators.counts import RATIOS as CALIBRATED
from predictions.engine.estimators.counts import forecast_counts, rate_of
from predictions.engine.evaluation.scores import score
from predictions.engine.features.rows import Rows, concatenate, rows_of_account
from predictions.engine.global_model import CalibratedForecast, GlobalModel
from predictions.engine.threads import one_blas_thread
from predictions.engine.training import replay_all, train_on_rows
from predictions.engine.types import COUNTS, HORIZON, HOUR, RATE, AccountHistory, Counts, Floats, PublishedPost, Range

MIN_HISTORY = 5
TEST_AGE = (18 * HOUR, 30 * HOUR)
_FAR = 2**53
"""Later than every observation."""

LENGTH_CLASSES = ((5, 10), (11, 20), (21, 50), (51, 10**9))
Progress = Callable[[str], None]


class NothingToTest(ValueError):
    """The file has no post that the protocol would test; the message says what was looked for."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is learned from and what is tested."""

    accounts: list[AccountHistory]
    tested: list[bool]  # per account: whether it is of the test file
    learn_until: (
        int  # the first day of a post that is learned from ends by then (of TRAIN's, in the horizon plan, ever)
    )
    target: Target
    test_post: Callable[[PublishedPost], bool]
    split_at: float


@dataclass(frozen=True, slots=True)
class Measured:
    """One measure besides likes of the n test posts, or their engagement rate; NaN (n,) where it is not known."""

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
    measured: dict[str, Measured]
    report: dict[str, Any]


def run_backtest(
    test: Sequence[AccountHistory],
    train: Sequence[AccountHistory] = (),
    *,
    horizon: bool = False,
    progress: Progress = lambda _: None,
) -> Result:
    """Run the protocol. Accounts of `train` that are also in `test` are left to the test file.

    Raises NothingToTest when no post of `test` qualifies.
    """
    with one_blas_thread():
        return _run((_horizon_plan if horizon else _mature_plan)(test, train), horizon, progress)


def _run(plan: Plan, horizon: bool, progress: Progress) -> Result:
    started = time.perf_counter()
    curve = _curve(plan)
    parts = []
    for i, account in enumerate(plan.accounts):
        parts.append(rows_of_account(i, account, curve, plan.target, _FAR))
        if i % 200 == 0:
            progress(f"features of account {i + 1} of {len(plan.accounts)}")
    rows = concatenate(parts)
    featured = time.perf_counter()
    posts = [plan.accounts[a].posts[p] for a, p in zip(rows.account, rows.post, strict=True)]
    of_test = np.array(plan.tested, dtype=np.bool_)[rows.account] if len(rows) else np.zeros(0, dtype=np.bool_)
    chosen = of_test & (rows.known >= MIN_HISTORY) & np.array([plan.test_post(p) for p in posts], dtype=np.bool_)
    if not chosen.any():
        raise NothingToTest(
            f"no post to test: none of {len(rows)} posts with a history is "
            f"{'observed 18 to 30 h' if horizon else 'observed 7 days or more'} after publishing, late enough, and has "
            f"{MIN_HISTORY} posts a day or more before it."
        )
    in_time = rows.posted_at + HORIZON <= plan.learn_until
    learned = rows[(in_time | ~of_test if horizon else in_time) & ~np.isnan(rows.label)]
    progress(f"training on {len(learned)} posts")
    model = train_on_rows(learned, plan.accounts, curve, seed=0, until=plan.learn_until)
    trained = time.perf_counter()
    tested = rows[chosen]
    shown = [p for p, c in zip(posts, chosen, strict=True) if c]
    ages = [_latest(p).observed_at - p.posted_at for p in shown]
    gains = -np.array([curve.gains(age) for age in ages]) if horizon else np.zeros((len(shown), len(COUNTS)))
    gain = gains[:, 0]
    at_horizon = _forecast(model, rows, chosen)
    baselines = _baselines(plan, tested)
    measured = _measured(model, plan, curve, tested, shown, at_horizon, gains, baselines)
    served = _grown(at_horizon, gain)
    finished = time.perf_counter()
    likes = np.array([_latest(p).likes for p in shown])
    baseline = baselines[:, 0]
    names = [plan.accounts[a].account_id for a in tested.account]
    report = {
        "protocol": "horizon" if horizon else "mature",
        "split_at": plan.split_at,
        "train": {"rows": len(learned), "accounts": len(np.unique(learned.account)), "prior_only": model.is_prior},
        "test": {"rows": len(tested), "accounts": len(set(names))},
        "scores": {
            "postcast": score(likes, served.point, served.typical, served.low, served.high, names),
            "baseline": score(likes, baseline, baseline, accounts=names),
        }
        | {
            name: score(likes, *forecasts, accounts=names) for name, forecasts in _scaled(learned, tested, gain).items()
        },
        "by_history": {
            f"{a}-{b}" if b < 10**9 else f"{a}+": score(
                likes[m], served.point[m], served.typical[m], served.low[m], served.high[m]
            )
            for a, b in LENGTH_CLASSES
            if (m := (tested.known >= a) & (tested.known <= b)).any()
        },
        "measures": {name: _score_measure(name, m) for name, m in measured.items()},
        "weights": model.weight_prior.to_json(),
        "model": model.manifest.get("metrics", {}),
        "seconds": {
            "features": round(featured - started, 2),
            "training": round(trained - featured, 2),
            "forecasts": round(finished - trained, 2),
        },
    }
    return Result(names, [p.post_id for p in shown], tested.posted_at, likes, baseline, served, measured, report)


def _mature_plan(test: Sequence[AccountHistory], train: Sequence[AccountHistory]) -> Plan:
    accounts, tested = _together(test, train)
    accounts = [_mature(a) for a in accounts]
    moments = [p.posted_at for a, t in zip(accounts, tested, strict=True) if t for p in a.posts]
    if not moments:
        raise NothingToTest("no post to test: none has its likes observed 7 days or more after publishing.")
    split_at = float(np.quantile(moments, 0.8))
    return Plan(accounts, tested, math.floor(split_at), "mature", lambda p: p.posted_at >= split_at, split_at)


def _horizon_plan(test: Sequence[AccountHistory], train: Sequence[AccountHistory]) -> Plan:
    """Test posts whose latest observation is 18 to 30 h old; learn from all of TRAIN and from what was published in
    TEST a day or more before the earliest test post."""
    accounts, tested = _together(test, train)
    accounts = [_observed(a) if t else a for a, t in zip(accounts, tested, strict=True)]
    first_day = [
        p
        for a, t in zip(accounts, tested, strict=True)
        if t
        for p in a.posts
        if _is_first_day(p) and _history_length(a, p) >= MIN_HISTORY
    ]
    if not first_day:
        raise NothingToTest(
            "no post to test: no latest observation with likes lies 18 to 30 h after publishing, with "
            f"{MIN_HISTORY} posts before."
        )
    split_at = min(p.posted_at for p in first_day)
    return Plan(accounts, tested, split_at, "horizon", _is_first_day, float(split_at))


def _together(
    test: Sequence[AccountHistory], train: Sequence[AccountHistory]
) -> tuple[list[AccountHistory], list[bool]]:
    """All accounts, each once, in the order of their ids; and whether each is of the test file."""
    by_id = {a.account_id: (a, False) for a in join_accounts(train)}
    by_id |= {a.account_id: (a, True) for a in join_accounts(test)}
    accounts = [by_id[name] for name in sorted(by_id)]
    return [a for a, _ in accounts], [t for _, t in accounts]


def _observed(account: AccountHistory) -> AccountHistory:
    """The account with each post's latest observation, without posts of which that lacks the likes."""
    latest = [
        replace(p, observations=(max(p.observations, key=lambda c: c.observed_at),))
        for p in account.posts
        if p.observations
    ]
    posts = [p for p in latest if is_count(_latest(p).likes)]
    return replace(account, posts=tuple(sorted(posts, key=lambda p: (p.posted_at, p.post_id))))


def _mature(account: AccountHistory) -> AccountHistory:
    latest = _observed(account)
    return replace(latest, posts=tuple(p for p in latest.posts if _latest(p).observed_at - p.posted_at >= MATURE_AGE))


def _latest(post: PublishedPost) -> Counts:
    return post.observations[-1]


def _counted(post: PublishedPost) -> Floats:
    """(5,) MEASURES of the latest observation and the engagement rate, NaN where unknown."""
    latest = _latest(post)
    counts = np.array([count if is_count(count := getattr(latest, name)) else math.nan for name in COUNTS])
    return np.append(counts, rate_of(counts))


def _baselines(plan: Plan, tested: Rows) -> Floats:
    """(n, 5) means, as crawled, of the last five posts whose first day was over and that have such a count."""
    means = np.empty((len(tested), len(COUNTS) + 1))
    for position in np.unique(tested.account):
        posts = plan.accounts[position].posts
        counted, posted_at = np.array([_counted(p) for p in posts]), np.array([p.posted_at for p in posts])
        for i in np.flatnonzero(tested.account == position):
            known = counted[: np.searchsorted(posted_at, tested.posted_at[i] - HORIZON, side="right")]
            columns = (column[~np.isnan(column)][-MIN_HISTORY:] for column in known.T)
            means[i] = [column.mean() if len(column) else math.nan for column in columns]
    return means


def _history_length(account: AccountHistory, post: PublishedPost) -> int:
    return sum(p.posted_at + HORIZON <= post.posted_at and is_usable(p.posted_at, _latest(p)) for p in account.posts)


def _is_first_day(post: PublishedPost) -> bool:
    return TEST_AGE[0] <= _latest(post).observed_at - post.posted_at <= TEST_AGE[1]


def _curve(plan: Plan) -> GrowthCurve:
    """The growth curve, from the posts that are learned from."""
    if plan.target == "mature":
        return GrowthCurve.prior()
    known = [
        replace(a, posts=tuple(p for p in a.posts if not t or p.posted_at + HORIZON <= plan.learn_until))
        for a, t in zip(plan.accounts, plan.tested, strict=True)
    ]
    return fit_growth(known, _FAR)


def _forecast(model: GlobalModel, rows: Rows, chosen: NDArray[np.bool_]) -> CalibratedForecast:
    """Forecasts of the chosen rows, with the weights that each account had by then."""
    around = np.isin(rows.account, np.unique(rows.account[chosen]))
    near, wanted = rows[around], chosen[around]
    raw = model.predict(near.base, near.tabular, near.topic)
    shift, noise = replay_all(model.weight_prior, near, raw)
    all_served = model.calibrate(raw, shift, noise)
    return CalibratedForecast(
        *(c[wanted] for c in (all_served.typical, all_served.point, all_served.low, all_served.high))
    )


def _grown(served: CalibratedForecast, gain: Floats) -> CalibratedForecast:
    return CalibratedForecast(*(c * np.exp(gain) for c in (served.typical, served.point, served.low, served.high)))


def _measured(
    model: GlobalModel, plan: Plan, curve: GrowthCurve, tested: Rows, shown: list[PublishedPost], served: CalibratedForecast,
    gains: Floats, baselines: Floats,
) -> dict[str, Measured]:  # fmt: skip
    """Forecasts of the other measures, made from those of the likes as in serving; those that are known of no post are
    left out. `gains` (n, 4) move the logs of MEASURES from the horizon to the age at which each post was counted."""
    table = np.full((len(CALIBRATED), len(tested), 6), np.nan)
    for position in np.unique(tested.account):
        account = plan.accounts[position]
        timeline = Timeline(account, curve, plan.target, until=_FAR, reconstruct=True)
        for i in np.flatnonzero(tested.account == position):
            history = timeline.known_at(int(tested.posted_at[i]))
            likes = Range(served.low[i], served.typical[i], served.high[i])
            metrics, ranges, rate = forecast_counts(
                model.counts, history.posted_at, history.logs, likes, served.point[i]
            )
            actual = _counted(shown[i])
            for j, name in enumerate(CALIBRATED):
                told = rate if name == RATE else ranges.get(name)
                if told:
                    growth = _rate_growth(ranges, gains[i]) if name == RATE else math.exp(gains[i, j + 1])
                    forecasts = np.array([metrics.get(name, told.typical), told.typical, told.low, told.high]) * growth
                    table[j, i] = actual[j + 1], *forecasts, baselines[i, j + 1]
    return {
        name: Measured(*table[j].T) for j, name in enumerate(CALIBRATED) if not np.isnan(table[j]).any(axis=1).all()
    }


def _rate_growth(ranges: dict[str, Range], gains: Floats) -> float:
    """What the engagement rate is multiplied by where the logs of these MEASURES rise by `gains` (4,)."""
    # counts below one would leave no rate to divide by
    counts = np.maximum([ranges[name].typical for name in COUNTS], 1.0)
    return rate_of(counts * np.exp(gains)) / rate_of(counts)


def _score_measure(name: str, m: Measured) -> dict[str, dict[str, float]]:
    """Scores over the posts of which the forecast, the baseline and the count are known; rates are per 1,000 views."""
    known = ~np.isnan(np.stack([m.actual, m.typical, m.baseline])).any(axis=0)
    unit = 1000.0 if name == RATE else 1.0
    actual, point, typical, low, high, baseline = (
        x[known] * unit for x in (m.actual, m.point, m.typical, m.low, m.high, m.baseline)
    )
    return {"postcast": score(actual, point, typical, low, high), "baseline": score(actual, baseline, baseline)}


def _relative_constant(before: Floats, likes: Floats) -> float:
    """The c under which c * before has the smallest mean relative error, of posts with a like: a weighted median."""
    told = (likes >= 1) & (before > 0)
    if not told.any():
        return 1.0
    ratio, weight = likes[told] / before[told], before[told] / likes[told]
    order = np.argsort(ratio)
    by_weight = np.cumsum(weight[order])
    return float(ratio[order][np.searchsorted(by_weight, by_weight[-1] / 2)])


def _log_constant(before: Floats, likes: Floats) -> float:
    """About the c under which log1p(c * before) has the smallest mean absolute error."""
    return math.exp(float(np.median(np.log1p(likes) - np.log1p(before)))) if len(likes) else 1.0


def _scaled(learned: Rows, tested: Rows, gain: Floats) -> dict[str, tuple[Floats, Floats]]:
    """Point and typical of the baseline and of the log mean, each times the constant that suits the learned posts.

    In the horizon protocol both are of labels, counts moved to the horizon, which a plain moving average is not.
    """
    ways = {
        "scaled baseline": (learned.baseline, tested.baseline),
        "scaled log mean": (np.expm1(learned.base), np.expm1(tested.base)),
    }
    likes = np.expm1(learned.label)
    forecasts = {}
    for name, (before, now) in ways.items():
        point, typical = _relative_constant(before, likes), _log_constant(before, likes)
        forecasts[name] = (now * point * np.exp(gain), now * typical * np.exp(gain))
    return forecasts
