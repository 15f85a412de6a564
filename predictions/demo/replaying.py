"""Proof on day one: an account's latest posts, forecast once more from what was known when each was published."""

from dataclasses import dataclass

import numpy as np

from predictions.engine import AccountHistory, GlobalModel
from predictions.engine.evaluation.replay import replay
from predictions.engine.features.rows import rows_of_account
from predictions.engine.types import MIN_HISTORY
from predictions.outcomes.track_record import Compared, TrackRecord, summarise


@dataclass(frozen=True, slots=True)
class ReplayedPost:
    """A post's forecast as of its publishing, beside what it got in its first day (likes)."""

    post_id: str
    typical: float
    low: float
    high: float
    baseline: float
    """Mean of the five posts before it."""
    likes: float

    @property
    def is_within(self) -> bool:
        """Whether the post ended in its range."""
        return self.low <= self.likes <= self.high


def replay_latest(model: GlobalModel, history: AccountHistory, *, as_of: int, posts: int) -> list[ReplayedPost]:
    """Return the latest posts whose first day is counted, each forecast by the code of the backtest, oldest first."""
    rows = rows_of_account(0, history, model.curve, "horizon", as_of, None, model.counts.likes_of)
    chosen = np.zeros(len(rows), dtype=np.bool_)
    chosen[np.flatnonzero(~np.isnan(rows.label) & (rows.known >= MIN_HISTORY))[-posts:]] = True
    served = replay(model, rows, chosen, [history.zone])
    in_order = sorted(history.posts, key=lambda post: (post.posted_at, post.post_id))
    columns = (served.typical, served.low, served.high, rows.baseline[chosen], np.expm1(rows.label[chosen]))
    figures = np.column_stack(columns).tolist()
    return [
        ReplayedPost(in_order[position].post_id, *of_post)
        for position, of_post in zip(rows.post[chosen].tolist(), figures, strict=True)
    ]


def record_of(replayed: list[ReplayedPost]) -> TrackRecord:
    """Return how the replayed forecasts did against the average of the five posts before."""
    return summarise(
        [
            Compared(
                error=abs(post.typical - post.likes) / max(post.likes, 1.0),
                baseline_error=abs(post.baseline - post.likes) / max(post.likes, 1.0),
                within_interval=post.is_within,
            )
            for post in replayed
        ]
    )
