"""The proof of the demo: its forecasts of the past are better than an average, whatever the day."""

from datetime import datetime, timedelta

import pytest

from predictions.demo.creator import ZONE, history_of, posts_until
from predictions.engine import GlobalModel
from predictions.engine.evaluation.account_replay import replay_account
from predictions.replays.record import ReplayRecord, replayed_posts

SATURDAY = datetime(2026, 11, 28, tzinfo=ZONE)


@pytest.mark.parametrize("weeks", [0, 9, 26])
def test_forecasts_miss_by_less_than_the_average_and_land_in_their_ranges(weeks: int) -> None:
    as_of = SATURDAY + timedelta(weeks=weeks)
    replay = replay_account(GlobalModel.prior(), history_of(posts_until(as_of)), as_of=int(as_of.timestamp()))
    record = ReplayRecord(replayed_posts(replay.posts), len(replay.history))
    assert record.figures.posts == 50
    assert 36 <= record.figures.within_interval <= 47
    assert record.verdict == "Postcast would have been nearer than your average of five."
    assert (record.estimated, record.learned) == (0, 0)
