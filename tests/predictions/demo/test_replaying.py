"""The proof of the demo: forecasts of the past that the future cannot move."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from predictions.demo.creator import ZONE, history_of, posts_until
from predictions.demo.replaying import ReplayedPost, record_of, replay_latest
from predictions.engine import AccountHistory, GlobalModel
from predictions.engine.types import HORIZON

SATURDAY = datetime(2026, 11, 28, tzinfo=ZONE)
AS_OF = int(SATURDAY.timestamp())
MODEL = GlobalModel.prior()


@pytest.fixture(scope="module")
def history() -> AccountHistory:
    return history_of(posts_until(SATURDAY))


def replayed(history: AccountHistory, *, posts: int = 50) -> list[ReplayedPost]:
    return replay_latest(MODEL, history, as_of=AS_OF, posts=posts)


def test_what_is_counted_later_moves_no_earlier_forecast(history: AccountHistory) -> None:
    before = replayed(history)
    turn = history.posts[-20]
    changed = tuple(
        replace(
            post, duration_s=3_000.0, observations=tuple(replace(c, likes=c.likes * 100) for c in post.observations)
        )
        if post.posted_at >= turn.posted_at
        else post
        for post in history.posts
    )
    after = replayed(replace(history, posts=changed))
    posted_at = {post.post_id: post.posted_at for post in history.posts}
    forecasts = [(a.typical, a.low, a.high, a.baseline) for a in before if posted_at[a.post_id] < turn.posted_at]
    assert len(forecasts) > 25
    assert [(b.typical, b.low, b.high, b.baseline) for b in after[: len(forecasts)]] == forecasts
    # what comes after their first day, they do move
    late = [post for post in after if posted_at[post.post_id] >= turn.posted_at + HORIZON]
    assert late[-1].typical > 2 * before[-1].typical


def test_counts_of_a_post_do_not_move_its_own_forecast(history: AccountHistory) -> None:
    before = replayed(history, posts=1)[0]
    [last] = [post for post in history.posts if post.post_id == before.post_id]
    counts = tuple(replace(c, likes=9.0) for c in last.observations)
    posts = tuple(replace(post, observations=counts) if post is last else post for post in history.posts)
    after = replayed(replace(history, posts=posts), posts=1)[0]
    assert (after.typical, after.low, after.high, after.baseline) == (
        before.typical,
        before.low,
        before.high,
        before.baseline,
    )
    assert after.likes == pytest.approx(9.0)


def test_posts_whose_first_day_is_not_over_are_left_out(history: AccountHistory) -> None:
    ids = {post.post_id for post in replayed(history)}
    assert len(ids) == 50
    assert all(post.posted_at + HORIZON <= AS_OF for post in history.posts if post.post_id in ids)


@pytest.mark.parametrize("weeks", [0, 9, 26])
def test_forecasts_miss_by_less_than_the_average_and_land_in_their_ranges(weeks: int) -> None:
    as_of = SATURDAY + timedelta(weeks=weeks)
    history = history_of(posts_until(as_of))
    record = record_of(replay_latest(MODEL, history, as_of=int(as_of.timestamp()), posts=50))
    assert record.posts == 50
    assert 36 <= record.within_interval <= 47
    assert record.error is not None
    assert record.baseline_error is not None
    assert record.error < record.baseline_error
