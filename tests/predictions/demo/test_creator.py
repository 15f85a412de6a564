"""The simulated creator: the same year for everybody, never older than today, and nothing counted ahead of time."""

from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from posts.content.captions import MAX_RETURNED
from predictions.demo.creator import AGES, ZONE, SimulatedPost, history_of, posts_until, true_effect
from predictions.engine import GlobalModel, learn_account
from predictions.engine.effects.summary import summarise_effects

SATURDAY = datetime(2026, 11, 28, tzinfo=ZONE)


def contents(posts: list[SimulatedPost]) -> list[tuple[str, str, int]]:
    return [(post.post_id, post.text, post.duration_s) for post in posts]


def test_the_year_is_the_same_every_time() -> None:
    assert posts_until(SATURDAY) == posts_until(SATURDAY)


@pytest.mark.parametrize("weeks", [1, 17, 40])
def test_the_year_ends_with_the_present_week_at_the_same_hours_in_summer_and_winter(weeks: int) -> None:
    today = SATURDAY + timedelta(weeks=weeks)
    now, then = posts_until(today), posts_until(SATURDAY)
    assert contents(now) == contents(then)
    assert [f"{post.posted_at:%a %H:%M}" for post in now] == [f"{post.posted_at:%a %H:%M}" for post in then]
    assert timedelta() <= today - now[-1].posted_at < timedelta(days=7)
    assert timedelta(days=350) < now[-1].posted_at - now[0].posted_at < timedelta(days=372)
    assert len(now) == 120


def test_nothing_is_counted_before_its_time_and_counts_only_grow() -> None:
    posts = posts_until(SATURDAY)
    moments = [SATURDAY - timedelta(days=5), SATURDAY]
    for as_of in moments:
        for post in posts_until(as_of):
            assert post.posted_at <= as_of
            ages = [timedelta(seconds=c.observed_at - post.posted_at.timestamp()) for c in post.observations]
            assert ages == [age for age in AGES if post.posted_at + age <= as_of]
            assert all(a.likes < b.likes and a.views < b.views for a, b in pairwise(post.observations))
    assert all(len(post.text) <= MAX_RETURNED + 1 for post in posts)


def test_the_engine_finds_the_rules_from_the_posts_alone() -> None:
    account, model = history_of(posts_until(SATURDAY)), GlobalModel.prior()
    learned = learn_account(model, account, as_of=int(SATURDAY.timestamp()))
    found = {effect.lever: effect for effect in summarise_effects(model.effects, learned.effects).effects}
    assert found["post_hour"].contrast.startswith(("18:00", "19:00", "20:00", "21:00"))
    assert found["post_hour"].chance > 0.95
    assert found["question"].chance > 0.95
    # of what the rules do not know, nothing is found
    assert 0.2 < found["emoji"].chance < 0.8


def test_every_rule_counts() -> None:
    best: dict[str, Any] = {"hour": 19.5, "weekday": 6, "seconds": 20.0, "asks": True, "tags": ("sourdough",)}
    worse = {"hour": 7.5, "weekday": 2, "seconds": 60.0, "asks": False, "tags": ("foryou",)}
    for name, value in worse.items():
        assert true_effect(**{**best, name: value}) < true_effect(**best), name
