"""Hours and weekdays that do better for an account than its own usual ones, where that is sure."""

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from predictions.engine.effects.account_effects import AccountEffects
from predictions.engine.effects.design import TIME_WIDTH, WIDTH, time_design
from predictions.engine.effects.local_time import local_seconds
from predictions.engine.effects.population import EffectsPrior
from predictions.engine.types import DAY, HOUR, Floats

SURE = 0.9
"""An hour or day is told from this chance on that it is better than the account's own."""
LEAST = math.log(1.03)
"""Smaller effects (log units) are not worth telling."""
MOST_TOLD = 2
"""Windows of hours told."""
LONGEST_H = 4
"""Of a longer run of sure hours the best so many are told: half a day is no advice."""

_MONDAY = 4 * DAY
"""Local seconds of a Monday's start: 1970-01-01 was a Thursday."""
_OF_DAYS = 8
"""The last columns of `time_design`: weekend, and the seven weekdays."""


@dataclass(frozen=True, slots=True)
class BestTime:
    """A window of local hours, or a weekday, against the hours or days at which the account posts.

    Of a window, `first` and `until` are hours (18 and 21: from 18:00 to 21:00; it may pass midnight). Of a weekday both
    are the day, Monday 0. The effect on likes is in per cent, with its 80 % interval and the chance that it is above 0.
    """

    kind: Literal["hours", "weekday"]
    first: int
    until: int
    effect_pct: float
    low_pct: float
    high_pct: float
    chance: float


def best_times(prior: EffectsPrior, effects: AccountEffects, posted_at: NDArray[np.int64]) -> list[BestTime]:
    """Return what is surely better than the account's times so far, windows first; mostly nothing for a new account.

    `posted_at` (n,) are the moments (epoch seconds) at which the account posted lately.
    """
    if not len(posted_at):
        return []
    usual = time_design(local_seconds(posted_at, effects.zone, effects.offset)).mean(axis=0)
    hours = time_design(_MONDAY + HOUR * np.arange(24)) - usual
    hours[:, -_OF_DAYS:] = 0.0
    days = time_design(_MONDAY + DAY * np.arange(7)) - usual
    days[:, :-_OF_DAYS] = 0.0
    effect = effects.posterior(prior).contrast(_padded(effects, hours)).effect
    windows = [_best_of(run, effect) for run in _windows(_is_sure(prior, effects, hours))]
    told = _told(prior, effects, [hours[members].mean(axis=0) for members in windows])
    found = [
        BestTime("hours", int(members[0]), int((members[-1] + 1) % 24), *figures)
        for members, figures in zip(windows, told, strict=True)
    ]
    found = sorted(found, key=lambda best: -best.effect_pct)[:MOST_TOLD]
    sure = np.flatnonzero(_is_sure(prior, effects, days)).tolist()
    told = _told(prior, effects, [days[day] for day in sure])
    return found + [BestTime("weekday", day, day, *figures) for day, figures in zip(sure, told, strict=True)]


def _is_sure(prior: EffectsPrior, effects: AccountEffects, differences: Floats) -> NDArray[np.bool_]:
    contrasts = effects.posterior(prior).contrast(_padded(effects, differences))
    sure: NDArray[np.bool_] = (contrasts.effect >= LEAST) & (contrasts.chance_above(0.0) >= SURE)
    return sure


def _told(
    prior: EffectsPrior, effects: AccountEffects, differences: list[Floats]
) -> list[tuple[float, float, float, float]]:
    """Return effect, interval and chance of each difference of time columns."""
    if not differences:
        return []
    contrasts = effects.posterior(prior).contrast(_padded(effects, np.array(differences)))
    logs = (contrasts.effect, contrasts.quantile(0.1), contrasts.quantile(0.9))
    percents = [np.round(100 * np.expm1(each), 1).tolist() for each in logs]
    return list(zip(*percents, np.round(contrasts.chance_above(0.0), 3).tolist(), strict=True))


def _padded(effects: AccountEffects, differences: Floats) -> Floats:
    others = WIDTH - TIME_WIDTH + len(effects.tags)
    return np.hstack([differences, np.zeros((len(differences), others))])


def _best_of(run: NDArray[np.int64], effect: Floats) -> NDArray[np.int64]:
    """Return the `LONGEST_H` hours in a row, of a run of hours, with the best effect (24,) together."""
    starts = range(max(1, len(run) - LONGEST_H + 1))
    best = max(starts, key=lambda start: float(effect[run[start : start + LONGEST_H]].sum()))
    return run[best : best + LONGEST_H]


def _windows(sure: NDArray[np.bool_]) -> list[NDArray[np.int64]]:
    """Return the runs of sure hours (24,) around the clock, each as its hours in order; none where all are sure."""
    if sure.all() or not sure.any():
        return []
    # begin behind an hour that is not sure, so that no run is cut at midnight
    start = int(np.flatnonzero(~sure)[0])
    order = (start + np.arange(24)) % 24
    edges = np.flatnonzero(np.diff(sure[order].astype(int))) + 1
    return [run for run in np.split(order, edges) if sure[run[0]]]
