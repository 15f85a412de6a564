"""An account's replay says what would have been forecast before publishing, and nothing that became known later."""

from collections.abc import Sequence
from dataclasses import fields, replace
from unittest.mock import patch

import numpy as np
import pytest

from predictions.engine import AccountHistory, Draft, GlobalModel, forecast, learn_account
from predictions.engine.evaluation import account_replay
from predictions.engine.evaluation.account_replay import REPLAYED_POSTS, ReplayedPosts, replay_account
from predictions.engine.evaluation.replay import replay
from predictions.engine.features.rows import Rows
from predictions.engine.types import MIN_HISTORY
from tests.engine.leakage.alarm import (
    FAR,
    FUTURE,
    UNRIPE,
    Outputs,
    Pipeline,
    last_label_changed,
    leaks,
    unripe_recounted,
)
from tests.engine.leakage.worlds import ACCOUNTS, MOMENTS
from tests.engine.synthetic import DAY, START, account, end_of

PRIOR = GlobalModel.prior()
FORECAST = ("low", "typical", "high", "average")


def replayed(accounts: Sequence[AccountHistory], moment: int) -> Outputs:
    """What is said of posts published by the moment, by a replay that is made much later."""
    made = {}
    for history in accounts:
        with patch.object(account_replay, "REPLAYED_POSTS", 1000):
            posts = replay_account(PRIOR, history, as_of=FAR).posts
        for i in np.flatnonzero(posts.posted_at <= moment):
            made[f"{posts.post_id[i]}"] = b"".join(getattr(posts, name)[i].tobytes() for name in FORECAST)
    return made


def test_no_future_moves_what_is_replayed_of_earlier_posts() -> None:
    """Posts that nobody counts again have no label, and are no longer shown: all others stay as they were."""
    changes = {name: change for name, change in {**FUTURE, **UNRIPE}.items() if name != "unobserved"}
    assert leaks(replayed, ACCOUNTS[:1], MOMENTS, changes) == []


def test_counts_of_the_post_itself_and_of_later_ones_move_no_forecast_of_a_history_fetched_at_once() -> None:
    history = account("crawled", 40, observed=(90 * DAY,), noise=1.0)
    before = replay_account(PRIOR, history, as_of=FAR).posts
    for place in (10, 25, len(before) - 1):
        changed = unripe_recounted(history, int(before.posted_at[place]))
        after = replay_account(PRIOR, changed, as_of=FAR).posts
        for name in FORECAST:
            assert np.array_equal(getattr(before, name)[: place + 1], getattr(after, name)[: place + 1])
        assert before.likes[place] != after.likes[place]
        if place + 1 < len(before):
            # the comparison can fail: the change reaches what is forecast later
            assert not np.array_equal(before.typical[place + 1 :], after.typical[place + 1 :])


def test_a_planted_leak_is_found() -> None:
    """Features that know each post's own label."""

    def cheating(model: GlobalModel, rows: Rows, chosen: np.ndarray, zones: Sequence[str]) -> object:
        served = honest(model, rows, chosen, zones)
        return replace(served, typical=served.typical + 0.001 * np.expm1(rows.label[chosen]))

    honest = replay
    with patch.object(account_replay, "replay", cheating):
        found = leaks(replayed, ACCOUNTS, MOMENTS, {"unripe_recounted": unripe_recounted})
    assert found


def test_the_last_posts_own_label_alone_moves_nothing() -> None:
    """It is part of no history."""
    pipeline: Pipeline = replayed
    assert leaks(pipeline, ACCOUNTS, [FAR], {"last_label_changed": last_label_changed}) == []


def test_a_replay_says_what_serving_said_before_the_post_was_published() -> None:
    history = account("served", 30, observed=(3600, 6 * 3600, DAY, 3 * DAY))
    posts = replay_account(PRIOR, history, as_of=end_of(history)).posts
    by_id = {p.post_id: p for p in history.posts}
    for i in range(0, len(posts), 6):
        p = by_id[posts.post_id[i]]
        state = learn_account(PRIOR, history, as_of=p.posted_at)
        said = forecast(PRIOR, state, Draft(p.posted_at, p.caption, p.duration_s, p.sound, None), as_of=p.posted_at)
        assert (said.low, said.typical, said.high) == pytest.approx((posts.low[i], posts.typical[i], posts.high[i]))
        assert said.baseline == pytest.approx(posts.average[i])


def test_the_latest_posts_with_a_history_and_a_known_first_day_are_replayed() -> None:
    history = account("long", 80)
    as_of = history.posts[-1].posted_at + DAY // 2
    found = replay_account(PRIOR, history, as_of=as_of)
    assert len(found.posts) == REPLAYED_POSTS
    assert list(found.posts.post_id) == [p.post_id for p in history.posts[-1 - REPLAYED_POSTS : -1]]
    assert found.posts.measured.all()
    assert len(found.history) == 79
    short = replay_account(PRIOR, account("short", MIN_HISTORY), as_of=FAR)
    assert len(short.posts) == 0
    assert len(short.history) == MIN_HISTORY
    assert all(len(getattr(short.posts, f.name)) == 0 for f in fields(ReplayedPosts))


def test_estimates_are_told_apart_and_the_usual_is_of_first_days() -> None:
    crawled = replay_account(PRIOR, account("late", 30, observed=(60 * DAY,)), as_of=FAR)
    assert not crawled.posts.measured.any()
    lower, middle, upper = crawled.usual["likes"]
    assert lower < middle < upper
    assert crawled.usual["views"][1] == pytest.approx(10 * middle, rel=0.3)


def test_withheld_likes_are_not_replayed() -> None:
    history = account("withheld", 30)
    posts = [
        replace(p, observations=tuple(replace(c, likes=float("nan")) for c in p.observations)) if i % 3 == 0 else p
        for i, p in enumerate(history.posts)
    ]
    shown = set(replay_account(PRIOR, replace(history, posts=tuple(posts)), as_of=FAR).posts.post_id)
    assert shown
    assert not shown & {p.post_id for p in posts[::3]}


def test_an_account_whose_posts_are_all_in_the_future_has_nothing() -> None:
    found = replay_account(PRIOR, account("future", 10), as_of=START - DAY)
    assert (len(found.posts), len(found.history), found.usual) == (0, 0, {})
