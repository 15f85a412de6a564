"""Findings of a replay of an account, for the template."""

from collections.abc import Mapping, Sequence
from typing import Any

from predictions.overview.best_times import told_times
from predictions.overview.charts import replay_charts
from predictions.replays.record import ReplayRecord, is_inside, moment_of

USUAL_POSTS = 4
"""Of fewer posts there is no usual level."""


def what_was_found(
    record: ReplayRecord, usual: Mapping[str, Sequence[float]], best_times: Sequence[dict[str, Any]]
) -> dict[str, Any]:
    """Return the usual counts (lower quartile, median, upper quartile), the best times and the proof."""
    return {
        "record": record,
        "charts": [] if record.missing else replay_charts(record.judged),
        "replayed": [
            {**post, "posted_at": moment_of(post), "is_inside": is_inside(post)} for post in reversed(record.judged)
        ],
        "usual": usual if record.history >= USUAL_POSTS else None,
        "best_times": told_times(best_times),
    }
