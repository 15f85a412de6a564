"""Drift: whether forecasts are off otherwise than they used to be.

Four figures of the errors of all posts' forecasts are tested: `level` (they lean to one side), `error` (they are larger
than promised), `uncovered` (the label is outside the interval), all of first days, and `early_level`, of posts an hour
old, which shows a change of the audience a day sooner.

The test is the change-point model of Hawkins, Qiu and Kang, "The changepoint model for statistical process control"
(Journal of Quality Technology 35, 2003): for each of the last days as a possible change, the mean since then against
the mean before, over the standard error of their difference. A constant bias is no drift.

An account counts once a day, as its posts resemble each other. Days vary more than their accounts explain (weekends,
fashions): they are random effects with a variance by moments (DerSimonian and Laird, "Meta-analysis in clinical
trials", 1986), and the degrees of freedom follow from how well that variance is known (Satterthwaite, 1946). A day is
24 hours up to any moment, so the test can be made every hour.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import special

from predictions.engine.data.labels import EARLY
from predictions.engine.types import DAY, HORIZON, Columns, Floats

Figure = Literal["level", "error", "uncovered", "early_level"]
Verdict = Literal["too_few", "steady", "alarm", "unsettled", "settled"]

FIGURES_AT: dict[int, tuple[Figure, ...]] = {HORIZON: ("level", "error", "uncovered"), EARLY: ("early_level",)}
"""Age of a post (seconds) -> figures of the errors at that age."""

REFERENCE_DAYS = 28
RECENT_DAYS = 7
"""Changes are looked for in this many days; later, the changed figure is part of the reference."""

KEPT_DAYS = 70
"""Older errors are not used."""

THRESHOLD = 3.8
"""Scores from here on are alarms; docs/model-card.md has the rate of false ones."""

SETTLED_SCORE = 2.0
"""A change is over when the last `RECENT_DAYS` score below this against the days before it ..."""
SETTLED_AFTER_DAYS = 28
"""... or this long after its alarm: then the changed figure is the new reference."""

MIN_REFERENCE_DAYS = 7
MIN_REFERENCE_VALUES = 50
MIN_RECENT_VALUES = 10
"""With fewer values (one per account and day) nothing is tested."""

_CLIP = 2.5
"""Standard deviations that an error counts as at most."""
_DAYS_DIFFER = 0.05
"""Least standard deviation of days, as a share of that between accounts: smaller changes do not matter."""
_DAY_CORRELATION = 0.5
"""Of successive days: a fashion or a holiday lasts."""
_LEAST_SPREAD = 0.05
"""Least standard deviation between accounts."""

MIN_FEATURE_ACCOUNTS = 10
FALSE_DISCOVERIES = 0.01
"""Share of reported features that have not moved."""
MIN_EFFECT = 0.25
"""Least reported move: standard deviations of the feature, or change of the share of posts without it."""


@dataclass(frozen=True, slots=True)
class ForecastErrors(Columns):
    """Errors of n forecasts, each made as of its post's publishing, against labels at the horizon or early ones."""

    account: NDArray[np.int64]  # (n,)
    posted_at: NDArray[np.int64]  # (n,) epoch seconds
    age: NDArray[np.int64]  # (n,) of the post when its label was due: one of `FIGURES_AT`
    miss: Floats  # (n,) label less typical forecast, in promised standard deviations of log1p likes
    covered: NDArray[np.bool_]  # (n,) whether the label is inside the 80 % interval

    @property
    def due_at(self) -> NDArray[np.int64]:
        """(n,) when the labels were due, epoch seconds."""
        return self.posted_at + self.age


@dataclass(frozen=True, slots=True)
class Episode:
    """A change that raised an alarm; its errors are not used as a reference. Times are epoch seconds."""

    since: int
    """Posts published after this moment are changed."""
    raised_at: int
    over_at: int | None = None

    def is_usual_by(self, moment: int) -> bool:
        """Return whether the change has lasted so long that it is the new reference."""
        return moment - self.raised_at >= SETTLED_AFTER_DAYS * DAY


@dataclass(frozen=True, slots=True)
class Change:
    """The mean of a figure since a moment, against its mean before."""

    figure: Figure
    score: float
    """Standard errors of a normal between the two; above zero, the figure is larger than before."""
    recent: float
    reference: float
    since: int
    """Publishing (epoch seconds) after which posts are most likely changed, if there is a change."""

    @property
    def severity(self) -> float:
        """The score in the direction that matters: both for a level, only up for `error` and `uncovered`."""
        return abs(self.score) if self.figure in ("level", "early_level") else self.score


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of a check: the verdict, and the most likely change of each figure, none if there is too little."""

    verdict: Verdict
    changes: tuple[Change, ...]

    @property
    def worst(self) -> Change:
        """The most severe change. Raises ValueError without changes."""
        return max(self.changes, key=lambda change: change.severity)


@dataclass(frozen=True, slots=True)
class _Days(Columns):
    """One figure by day, the latest first; only days that have a value."""

    ago: NDArray[np.int64]  # whole days before now
    accounts: Floats  # how many have a value
    mean: Floats
    squares: Floats  # sum of accounts' squared deviations from their day's mean


def judge(errors: ForecastErrors, *, now: int, episodes: Sequence[Episode] = ()) -> Finding:
    """Test the errors due by `now` (epoch seconds) for a change, given earlier episodes in order.

    A change that scores `THRESHOLD` is an `alarm`, of which the caller makes an episode. While that is open the verdict
    is `unsettled`, so that a change raises one alarm, until it is `settled` and the caller sets `over_at`.
    """
    errors = errors[(errors.due_at <= now) & (errors.due_at > now - KEPT_DAYS * DAY)]
    for episode in episodes:
        if episode.over_at is not None:
            before = (errors.posted_at <= episode.since) & (not episode.is_usual_by(episode.over_at))
            errors = errors[before | (errors.due_at > episode.over_at)]
    if episodes and episodes[-1].over_at is None:
        return _follow(errors, now, episodes[-1])
    changes = tuple(
        max(possible, key=lambda change: change.severity)
        for age, figures in FIGURES_AT.items()
        for figure in figures
        if (possible := list(_possible_changes(figure, age, _by_day(errors, figure, age, now), now)))
    )
    if not changes:
        return Finding("too_few", ())
    is_alarm = max(change.severity for change in changes) >= THRESHOLD
    return Finding("alarm" if is_alarm else "steady", changes)


def _follow(errors: ForecastErrors, now: int, episode: Episode) -> Finding:
    """Compare the last days since the change began with the days before it."""
    changed = errors.posted_at > episode.since
    late, before = errors[changed & (errors.due_at > now - RECENT_DAYS * DAY)], errors[~changed]
    compared = (
        _compare(
            figure, _by_day(late, figure, age, now), _by_day(before, figure, age, now)[:REFERENCE_DAYS], episode.since
        )
        for age, figures in FIGURES_AT.items()
        for figure in figures
    )
    changes = tuple(change for change in compared if change)
    calm = changes and all(change.severity < SETTLED_SCORE for change in changes)
    settled = calm and now - episode.since >= HORIZON + RECENT_DAYS * DAY
    return Finding("settled" if settled or episode.is_usual_by(now) else "unsettled", changes)


def _possible_changes(figure: Figure, age: int, days: _Days, now: int) -> Iterator[Change]:
    for n in range(1, int((days.ago < RECENT_DAYS).sum()) + 1):
        published_after = now - age - (int(days.ago[n - 1]) + 1) * DAY
        if change := _compare(figure, days[:n], days[n : n + REFERENCE_DAYS], published_after):
            yield change


def _by_day(errors: ForecastErrors, figure: Figure, age: int, now: int) -> _Days:
    """Return a figure's means over days of accounts' means within the day."""
    errors = errors[errors.age == age]
    clipped = np.clip(errors.miss, -_CLIP, _CLIP)
    values = {"error": np.abs(clipped), "uncovered": (~errors.covered).astype(np.float64)}.get(figure, clipped)
    accounts, account = np.unique(errors.account, return_inverse=True)
    key, row = np.unique((now - errors.due_at) // DAY * max(len(accounts), 1) + account, return_inverse=True)
    of_account = np.bincount(row, values, len(key)) / np.bincount(row, minlength=len(key))
    ago, day = np.unique(key // max(len(accounts), 1), return_inverse=True)
    count = np.bincount(day).astype(np.float64)
    mean = np.bincount(day, of_account) / count
    return _Days(ago, count, mean, np.bincount(day, (of_account - mean[day]) ** 2).astype(np.float64))


def _compare(figure: Figure, recent: _Days, reference: _Days, since: int) -> Change | None:
    """Compare the means of some days and of others; None where either are too few."""
    values, days = float(reference.accounts.sum()), len(reference.ago)
    if recent.accounts.sum() < MIN_RECENT_VALUES or values < MIN_REFERENCE_VALUES or days < MIN_REFERENCE_DAYS:
        return None
    within = max(float(reference.squares.sum()) / max(values - days, 1.0), _LEAST_SPREAD**2)
    grand_mean = float(np.average(reference.mean, weights=reference.accounts))
    spread = float(reference.accounts @ (reference.mean - grand_mean) ** 2)
    between = (spread - (days - 1) * within) / (values - float(reference.accounts @ reference.accounts) / values)
    between = max(between, _DAYS_DIFFER**2 * within)
    recent_weight, weight = (1 / (between + within / x.accounts) for x in (recent, reference))
    recent_mean = float(np.average(recent.mean, weights=recent_weight))
    mean = float(np.average(reference.mean, weights=weight))
    of_days = between * (_variance_of_mean(len(recent.ago)) + _variance_of_mean(days))
    correlated = of_days - between * (1 / len(recent.ago) + 1 / days)
    variance = 1 / float(recent_weight.sum()) + 1 / float(weight.sum()) + correlated
    freedom = (variance / of_days) ** 2 * (days - 1)
    t = (recent_mean - mean) / variance**0.5
    # the score of the smallest float stands for smaller probabilities
    score = -float(special.ndtri(max(special.stdtr(freedom, -abs(t)), 1e-300)))
    return Change(figure, score if t > 0 else -score, recent_mean, mean, since)


def _variance_of_mean(days: int) -> float:
    """Return the variance of the mean of successive days of variance one: a first-order autoregression."""
    lags = np.arange(1, days)
    return float(1 + 2 * (1 - lags / days) @ _DAY_CORRELATION**lags) / days


def moved_features(
    names: Sequence[str], account: NDArray[np.int64], recent: NDArray[np.bool_], features: NDArray[np.float32]
) -> dict[str, float]:
    """Return the features of n posts that moved lately, and by how many of their standard deviations.

    `account` and `recent` (whether the post belongs to the last days) are (n,), `features` (n, len(names)) with NaN for
    unknown. Accounts are compared with themselves (paired t tests, Benjamini and Hochberg, 1995, over all features), so
    that new accounts move nothing. `<name> unknown` is the share of posts without the feature.
    """
    from scipy.stats import false_discovery_control

    values = np.hstack([features, np.isnan(features)]).astype(np.float64)
    accounts, row = np.unique(account, return_inverse=True)
    means = []
    for chosen in (~recent, recent):
        of_account = ((row == np.arange(len(accounts))[:, None]) & chosen).astype(np.float64)
        posts = of_account @ ~np.isnan(values)
        means.append(of_account @ np.nan_to_num(values) / np.where(posts > 0, posts, np.nan))
    steps = means[1] - means[0]
    compared = np.flatnonzero((~np.isnan(steps)).sum(axis=0) >= MIN_FEATURE_ACCOUNTS)
    unit = np.ones(values.shape[1])
    own = compared[compared < len(names)]
    unit[own] = np.nanstd(values[~recent][:, own], axis=0, ddof=1)
    compared = compared[unit[compared] > 0]
    if not len(compared):
        return {}
    steps, number = steps[:, compared], (~np.isnan(steps[:, compared])).sum(axis=0)
    mean, error = np.nanmean(steps, axis=0), np.nanstd(steps, axis=0, ddof=1) / np.sqrt(number)
    p_values = 2 * special.stdtr(number - 1, -np.abs(mean) / np.maximum(error, 1e-12))
    effects = mean / unit[compared]
    moved = (false_discovery_control(p_values) <= FALSE_DISCOVERIES) & (np.abs(effects) >= MIN_EFFECT)
    labels = [*names, *(f"{name} unknown" for name in names)]
    return {labels[column]: float(effect) for column, effect in zip(compared[moved], effects[moved], strict=True)}
