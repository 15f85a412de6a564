"""Errors of the forecasts that learning an account replays: what drift is judged by."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from predictions.engine.data.history import Timeline
from predictions.engine.data.labels import EARLY, early_label
from predictions.engine.features.rows import Rows
from predictions.engine.global_model import CalibratedForecast
from predictions.engine.types import HORIZON, MIN_HISTORY, Z80, Columns, Floats


@dataclass(frozen=True, slots=True)
class ReplayErrors(Columns):
    """Errors of n forecasts, each as of its post's publishing; of each age in order of publishing."""

    post_id: NDArray[np.object_]  # (n,)
    posted_at: NDArray[np.int64]  # (n,)
    age: NDArray[np.int64]  # (n,) of the post when it was counted, in seconds: HORIZON or EARLY
    miss: Floats  # (n,) label less typical forecast, over the forecast's standard deviation
    covered: NDArray[np.bool_]  # (n,) whether the label is inside the 80 % interval
    features: NDArray[np.float32]  # (n, len(TABULAR)), NaN unknown

    @classmethod
    def of(cls, timeline: Timeline, rows: Rows, forecast: CalibratedForecast, as_of: int) -> Self:
        """Compare one account's forecasts (n,) with the labels known at `as_of`: of first days and of first hours.

        Estimated labels, short histories, and posts from before anything was counted of the account are left out.
        """
        posts = [timeline.posts[i] for i in rows.post]
        # a history that was fetched at once is counted only after most of its posts
        counted = (c.observed_at for p in timeline.posts for c in p.observations if c.observed_at >= p.posted_at)
        watched = (rows.posted_at >= min(counted, default=as_of)) & (rows.known >= MIN_HISTORY)
        first_day = np.where(timeline.contents().measured[rows.post], rows.label, np.nan)
        early = [early_label(post, as_of) for post in posts]
        first_hour = np.array([label.logs[0] if label else np.nan for label in early], dtype=np.float64)
        first_hour_sd = np.array([label.sd if label else 0.0 for label in early])
        typical, low, high = (np.log1p(x) for x in (forecast.typical, forecast.low, forecast.high))
        spread = np.maximum((high - low) / (2 * Z80), 0.1)
        errors = []
        for age, label, sd in ((HORIZON, first_day, np.zeros(len(rows))), (EARLY, first_hour, first_hour_sd)):
            # shrink the distance by the label's own uncertainty
            distance = (label - typical) * spread / np.hypot(spread, sd)
            of_age = cls(
                np.array([post.post_id for post in posts], dtype=np.object_),
                rows.posted_at,
                np.full(len(rows), age),
                distance / spread,
                (low - typical <= distance) & (distance <= high - typical),
                rows.tabular.astype(np.float32),
            )
            errors.append(of_age[watched & ~np.isnan(label)])
        return cls.concatenate(errors)
