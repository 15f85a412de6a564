"""Drift: whether forecasts miss otherwise than they used to, found soon and with few false alarms.

What is watched is the miss of every post's first day against the forecast as of its publishing. Three figures of it
are tested: `level` (misses lean to one side), `error` (they are larger than promised) and `uncovered` (they leave the
interval). A change of the audience is a day old before any of them can tell, so a fourth, `early_level`, is of how
posts stand an hour after they were published.

The test is the change-point model of Hawkins, Qiu and Kang, "The changepoint model for statistical process control"
(Journal of Quality Technology 35, 2003): for each of the last days as a possible change, the mean since then against
the mean before, over the standard error of their difference. Neither mean has to be known: a model may have a bias.

Posts of an account resemble each other, so an account counts once a day. Days differ by more than chance among
accounts (weekends, fashions, TikTok itself), so days vary by themselves: random effects, their variance by moments
(DerSimonian and Laird, "Meta-analysis in clinical trials", 1986), the test's degrees of freedom from how well that
variance is known (Satterthwaite, 1946). A day is 24 hours up to any moment: it holds each hour of the day once, so that
the test can be made every hour.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Literal, Self

import numpy as np
from numpy.typing import NDArray
from scipy import special, stats

from predictions.engine.types import DAY, HORIZON, HOUR, Floats

Figure = Literal["level", "error", "uncovered", "early_level"]
EARLY = HOUR

FIGURES_AT: dict[int, tuple[Figure, ...]] = {HORIZON: ("level", "error", "uncovered"), EARLY: ("early_level",)}
"""The age of a post (seconds) -> what is tested of the misses at that age."""
Verdict = Literal["too_few", "steady", "alarm", "unsettled", "settled"]

REFERENCE_DAYS = 28
RECENT_DAYS = 7
"""A change is looked for in so many days. What was not found by then has become what is usual."""

KEPT_DAYS = 70
"""No miss older than this is ever looked at."""

THRESHOLD = 3.8
"""Scores from here on are alarms. docs/model-card.md says how rarely stationary data gets there."""

SETTLED_SCORE = 2.0
"""A change is over when the last `RECENT_DAYS` as a whole score below this, against the days before the change ..."""

SETTLED_AFTER_DAYS = 28
"""... and after this long in any case: then what it changed to is the new usual."""

MIN_HISTORY = 5
"""Forecasts from shorter histories are left out: they miss otherwise, and new accounts are no drift."""

MIN_REFERENCE_DAYS = 7
MIN_REFERENCE_VALUES = 50
MIN_RECENT_VALUES = 10
"""With fewer values (one per account and day) nothing is tested."""

_CLIP = 2.5
"""A miss counts as at most so many standard deviations: one viral post is no drift."""

_DAYS_DIFFER = 0.05
"""Days differ by at least this share of the spread between accounts: with very many accounts, a change that is certain
but too small to matter is none."""

_DAYS_ALIKE = 0.5
"""Correlation of what is special about a day with the next day's: a fashion or a holiday lasts."""

_LEAST_SPREAD = 0.05
"""Between accounts that nearly always get what was forecast."""

MIN_FEATURE_ACCOUNTS = 10
FALSE_DISCOVERIES = 0.01
"""The share of features that are reported and have not moved."""

MIN_EFFECT = 0.25
"""A feature has moved by at least this many of its standard deviations; or is known of so many more or fewer posts."""


@dataclass(frozen=True, slots=True)
class Misses:
    """n labels of posts, at the horizon or early, against what would have been forecast of each as it was published."""

    account: NDArray[np.int64]  # (n,)
    posted_at: NDArray[np.int64]  # (n,) epoch seconds
    age: NDArray[np.int64]  # (n,) of the post when its label was due: one of `FIGURES_AT`
    miss: Floats  # (n,) label less typical forecast, over the promised standard deviation, both of log1p likes
    covered: NDArray[np.bool_]  # (n,) whether the label is inside the 80 % interval

    def __len__(self) -> int:
        return len(self.posted_at)

    @property
    def due_at(self) -> NDArray[np.int64]:
        """(n,) when the labels were due, epoch seconds."""
        return self.posted_at + self.age

    def __getitem__(self, rows: NDArray[np.bool_] | NDArray[np.intp]) -> Self:
        return type(self)(*(getattr(self, f.name)[rows] for f in fields(self)))


@dataclass(frozen=True, slots=True)
class LookBack:
    """n labels of one account's posts, each against the forecast as of its publishing; at each age the oldest first."""

    post_id: tuple[str, ...]
    posted_at: NDArray[np.int64]  # (n,)
    age: NDArray[np.int64]  # (n,)
    miss: Floats  # (n,) and
    covered: NDArray[np.bool_]  # (n,): as in `Misses`
    features: NDArray[np.float32]  # (n, len(TABULAR)), NaN unknown

    @classmethod
    def empty(cls, features: int) -> Self:
        """No misses, of rows with so many features."""
        never = np.empty(0, np.int64)
        return cls((), never, never, np.empty(0), np.empty(0, np.bool_), np.empty((0, features), np.float32))

    def and_(self, other: Self) -> Self:
        """Both together."""
        arrays = (np.concatenate([getattr(x, f.name) for x in (self, other)]) for f in fields(self)[1:])
        return type(self)(self.post_id + other.post_id, *arrays)


@dataclass(frozen=True, slots=True)
class Episode:
    """A change that rang: its misses are no reference for anything. Times are epoch seconds."""

    since: int
    """Posts published after this moment are changed."""
    raised_at: int
    over_at: int | None = None

    def is_usual_by(self, moment: int) -> bool:
        """Whether what it changed to has lasted for so long that it is the new usual."""
        return moment - self.raised_at >= SETTLED_AFTER_DAYS * DAY


@dataclass(frozen=True, slots=True)
class Change:
    """One figure's mean of late, against its mean before."""

    figure: Figure
    score: float
    """Standard errors between the two, as a normal's; above zero is more of the figure."""
    recent: float
    reference: float
    since: int
    """The publishing (epoch seconds) after which posts are most likely changed, if there is a change."""

    @property
    def severity(self) -> float:
        """The score in the direction that matters: either one for a level, only up for error and uncovered."""
        return abs(self.score) if self.figure in ("level", "early_level") else self.score


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found."""

    verdict: Verdict
    changes: tuple[Change, ...]
    """The most likely change of each figure; none if there was too little to tell."""

    @property
    def worst(self) -> Change:
        """The change that rings loudest. Raises ValueError where there was too little to tell."""
        return max(self.changes, key=lambda change: change.severity)


@dataclass(frozen=True, slots=True)
class _Days:
    """One figure, day by day, the latest first; only days that have a value."""

    count: Floats  # accounts
    mean: Floats
    squares: Floats  # sum of squared deviations of accounts from their day's mean

    def __getitem__(self, days: slice) -> Self:
        return type(self)(self.count[days], self.mean[days], self.squares[days])


def judge(misses: Misses, *, now: int, episodes: Sequence[Episode] = ()) -> Finding:
    """What is to be said of the misses due by `now` (epoch seconds), after these episodes in order.

    A change that scores `THRESHOLD` is an `alarm`, of which the caller makes an episode. While that is open the verdict
    is `unsettled`, so that one change rings once, until it is `settled`, when the caller sets `over_at`.
    """
    misses = misses[(misses.due_at <= now) & (misses.due_at > now - KEPT_DAYS * DAY)]
    for episode in episodes:
        if episode.over_at is not None:
            before = (misses.posted_at <= episode.since) & (not episode.is_usual_by(episode.over_at))
            misses = misses[before | (misses.due_at > episode.over_at)]
    if episodes and episodes[-1].over_at is None:
        return _follow(misses, now, episodes[-1])
    changes = _changes(misses, now)
    if not changes:
        return Finding("too_few", ())
    finding = Finding("steady", changes)
    return Finding("alarm", changes) if finding.worst.severity >= THRESHOLD else finding


def _follow(misses: Misses, now: int, episode: Episode) -> Finding:
    """Whether the change goes on, by the last days since it began against the days before it."""
    changed = misses.posted_at > episode.since
    late = _by_day(misses[changed & (misses.due_at > now - RECENT_DAYS * DAY)], now)
    before = _by_day(misses[~changed], now)
    compared = (_compare(figure, late[figure], before[figure][:REFERENCE_DAYS], episode.since) for figure in late)
    changes = tuple(change for change in compared if change)
    calm = changes and all(change.severity < SETTLED_SCORE for change in changes)
    settled = calm and now - episode.since >= HORIZON + RECENT_DAYS * DAY
    return Finding("settled" if settled or episode.is_usual_by(now) else "unsettled", changes)


def _changes(misses: Misses, now: int) -> tuple[Change, ...]:
    """The most likely change of each figure in the last days."""
    days = _by_day(misses, now)
    found = []
    for age, figures in FIGURES_AT.items():
        ago = np.unique((now - misses.due_at[misses.age == age]) // DAY)  # days that have a value, the latest first
        late = range(1, int((ago < RECENT_DAYS).sum()) + 1)
        for figure in figures:
            compared = (
                _compare(figure, days[figure][:n], days[figure][n:][:REFERENCE_DAYS], _published(now, age, ago[n - 1]))
                for n in late
            )
            if possible := [change for change in compared if change]:
                found.append(max(possible, key=lambda change: change.severity))
    return tuple(found)


def _published(now: int, age: int, days_ago: np.int64) -> int:
    """When the first posts were published whose labels at that age are so many days old."""
    return now - age - (int(days_ago) + 1) * DAY


def _by_day(misses: Misses, now: int) -> dict[Figure, _Days]:
    days: dict[Figure, _Days] = {}
    for age, figures in FIGURES_AT.items():
        at_age = misses[misses.age == age]
        clipped = np.clip(at_age.miss, -_CLIP, _CLIP)
        of_post: dict[Figure, Floats] = {
            "level": clipped,
            "error": np.abs(clipped),
            "uncovered": (~at_age.covered).astype(np.float64),
            "early_level": clipped,
        }
        days |= _days_of({figure: of_post[figure] for figure in figures}, at_age, now)
    return days


def _days_of(of_post: Mapping[Figure, Floats], misses: Misses, now: int) -> dict[Figure, _Days]:
    """Of figures' values (n,), one for each of the misses: an account's is its mean over the day."""
    accounts, account = np.unique(misses.account, return_inverse=True)
    day = (now - misses.due_at) // DAY
    keys, value = np.unique(day * max(len(accounts), 1) + account, return_inverse=True)
    posts = np.bincount(value, minlength=len(keys))
    _, of_day = np.unique(keys // max(len(accounts), 1), return_inverse=True)
    count = np.bincount(of_day).astype(np.float64)
    days = {}
    for figure, values_of_posts in of_post.items():
        values = np.bincount(value, values_of_posts, minlength=len(keys)) / posts
        mean = np.bincount(of_day, values) / count
        days[figure] = _Days(count, mean, np.bincount(of_day, (values - mean[of_day]) ** 2).astype(np.float64))
    return days


def _compare(figure: Figure, recent: _Days, reference: _Days, since: int) -> Change | None:
    """The means of some days and of others; None where either are too few."""
    n, m = float(recent.count.sum()), float(reference.count.sum())
    if n < MIN_RECENT_VALUES or m < MIN_REFERENCE_VALUES or len(reference.count) < MIN_REFERENCE_DAYS:
        return None
    within, between = _variances(reference)
    recent_weight, weight = (1 / (between + within / days.count) for days in (recent, reference))
    recent_mean = float(np.average(recent.mean, weights=recent_weight))
    mean = float(np.average(reference.mean, weights=weight))
    of_days = between * (_variance_of_mean(len(recent.count)) + _variance_of_mean(len(reference.count)))
    alike = of_days - between * (1 / len(recent.count) + 1 / len(reference.count))
    variance = 1 / float(recent_weight.sum()) + 1 / float(weight.sum()) + alike
    freedom = (variance / of_days) ** 2 * (len(reference.count) - 1)
    t = (recent_mean - mean) / variance**0.5
    # beyond what a float holds, the score of its smallest value will do
    score = -float(special.ndtri(max(special.stdtr(freedom, -abs(t)), 1e-300)))
    return Change(figure, score if t > 0 else -score, recent_mean, mean, since)


def _variance_of_mean(days: int) -> float:
    """Of successive days, each of variance one: a first-order autoregression."""
    lags = np.arange(1, days)
    return float(1 + 2 * (1 - lags / days) @ _DAYS_ALIKE**lags) / days


def _variances(days: _Days) -> tuple[float, float]:
    """Of an account's value within a day, and of days by themselves."""
    total = float(days.count.sum())
    within = float(days.squares.sum()) / max(total - len(days.count), 1.0)
    within = max(within, _LEAST_SPREAD**2)
    mean = float(np.average(days.mean, weights=days.count))
    spread = float(days.count @ (days.mean - mean) ** 2)
    between = (spread - (len(days.count) - 1) * within) / (total - float(days.count @ days.count) / total)
    return within, max(between, _DAYS_DIFFER**2 * within)


def moved_features(
    names: Sequence[str], account: NDArray[np.int64], recent: NDArray[np.bool_], features: NDArray[np.float32]
) -> dict[str, float]:
    """Which features of n posts moved lately, and by how many of their standard deviations.

    `account` and `recent` (whether the post belongs to the last days) are (n,), `features` (n, len(names)) with NaN for
    unknown. Accounts are compared with themselves (paired t tests, Benjamini and Hochberg 1995 over all features), so
    that accounts that come or go move nothing. `<name> unknown` is the share of posts of which a feature is not known.
    """
    unknown = np.isnan(features)
    values = np.hstack([features, unknown]).astype(np.float64)
    units = np.append(_spread(values[~recent, : len(names)]), np.ones(len(names)))
    steps = _account_means(values, account, recent) - _account_means(values, account, ~recent)
    accounts = (~np.isnan(steps)).sum(axis=0)
    enough = accounts >= MIN_FEATURE_ACCOUNTS
    effect, error = np.zeros(len(units)), np.zeros(len(units))
    effect[enough] = np.nanmean(steps[:, enough], axis=0)
    error[enough] = np.nanstd(steps[:, enough], axis=0, ddof=1) / np.sqrt(accounts[enough])
    moving = error > 0
    p = np.ones(len(units))
    p[moving] = 2 * stats.t.sf(np.abs(effect[moving]) / error[moving], accounts[moving] - 1)
    p[enough & ~moving & (effect != 0)] = 0.0
    effect = np.divide(effect, units, out=np.zeros(len(units)), where=units > 0)
    moved = (stats.false_discovery_control(p) <= FALSE_DISCOVERIES) & (np.abs(effect) >= MIN_EFFECT)
    labels = [*names, *(f"{name} unknown" for name in names)]
    return {labels[i]: float(effect[i]) for i in np.flatnonzero(moved)}


def _account_means(values: Floats, account: NDArray[np.int64], chosen: NDArray[np.bool_]) -> Floats:
    """(accounts, columns) means of the chosen rows' known values; NaN where an account has none."""
    accounts, row = np.unique(account, return_inverse=True)
    known = chosen[:, None] & ~np.isnan(values)
    sums, counts = np.zeros((2, len(accounts), values.shape[1]))
    np.add.at(sums, row, np.where(known, values, 0.0))
    np.add.at(counts, row, known)
    means: Floats = np.divide(sums, counts, out=np.full(sums.shape, np.nan), where=counts > 0)
    return means


def _spread(values: Floats) -> Floats:
    """(columns,) standard deviation of the known values; 0 where fewer than two are."""
    known = ~np.isnan(values)
    count = known.sum(axis=0)
    filled = np.where(known, values, 0.0)
    mean = filled.sum(axis=0) / np.maximum(count, 1)
    spread: Floats = np.sqrt((np.where(known, values - mean, 0.0) ** 2).sum(axis=0) / np.maximum(count - 1, 1))
    return spread
