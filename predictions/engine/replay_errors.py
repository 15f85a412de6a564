"""Errors of the forecasts that learning an account replays: what drift is judged by."""

from dataclasses import dataclass, fields
from typing import Self

import numpy as np
from numpy.typing import NDArray

from predictions.engine.data.history import Timeline
from predictions.engine.data.labels import EARLY, early_label
from predictions.engine.features.rows import Rows
from predictions.engine.features.tabular import TABULAR
from predictions.engine.global_model import CalibratedForecast
from predictions.engine.types import HORIZON, MIN_HISTORY, Z80, Floats


@dataclass(frozen=True, slots=True)
class ReplayErrors:
    """Errors of n forecasts, each as of its post's publishing; of each age in order of publishing."""

    post_id: tuple[str, ...]
    posted_at: NDArray[np.int64]  # (n,)
    age: NDArray[np.int64]  # (n,) of the post when it was counted, in seconds: HORIZON or EARLY
    miss: Floats  # (n,) label less typical forecast, over the forecast's standard deviation
    covered: NDArray[np.bool_]  # (n,) whether the label is inside the 80 % interval
    features: NDArray[np.float32]  # (n, len(TABULAR)), NaN unknown

    @classmethod
    def empty(cls) -> Self:
        """Return no errors."""
        never = np.empty(0, np.int64)
        return cls((), never, never, np.empty(0), np.empty(0, np.bool_), np.empty((0, len(TABULAR)), np.float32))

    @classmethod
    def of(cls, timeline: Timeline, rows: Rows, forecast: CalibratedForecast, as_of: int) -> Self:
        """Compare one account's forecasts (n,) with the labels known at `as_of`: of first days and of first hours.

        Estimated labels, short histories, and posts from before anything was counted of the account are left out.
        """
        # a history that was fetched at once is counted only after most of its posts
        counted = (c.observed_at for p in timeline.posts for c in p.observations if c.observed_at >= p.posted_at)
        watched = (rows.posted_at >= min(counted, default=as_of)) & (rows.known >= MIN_HISTORY)
        first_day = np.where(watched & timeline.contents().measured[rows.post], rows.label, np.nan)
        first_hour, sd = np.full(len(rows), np.nan), np.zeros(len(rows))
        for i in np.flatnonzero(watched):
            if label := early_label(timeline.posts[rows.post[i]], as_of):
                first_hour[i], sd[i] = label.logs[0], label.sd
        errors = [
            cls._at_age(HORIZON, timeline, rows, forecast, first_day, np.zeros(len(rows))),
            cls._at_age(EARLY, timeline, rows, forecast, first_hour, sd),
        ]
        arrays = (np.concatenate([getattr(e, f.name) for e in errors]) for f in fields(cls)[1:])
        return cls(errors[0].post_id + errors[1].post_id, *arrays)

    @classmethod
    def _at_age(
        cls, age: int, timeline: Timeline, rows: Rows, forecast: CalibratedForecast, label: Floats, label_sd: Floats
    ) -> Self:
        typical, low, high = (np.log1p(x) for x in (forecast.typical, forecast.low, forecast.high))
        spread = np.maximum((high - low) / (2 * Z80), 0.1)
        # shrink the distance by the label's own uncertainty
        distance = (label - typical) * spread / np.hypot(spread, label_sd)
        known = ~np.isnan(label)
        return cls(
            tuple(timeline.posts[i].post_id for i in rows.post[known]),
            rows.posted_at[known],
            np.full(int(known.sum()), age),
            (distance / spread)[known],
            ((low - typical <= distance) & (distance <= high - typical))[known],
            rows.tabular[known].astype(np.float32),
        )
