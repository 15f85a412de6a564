"""Single changes: valid, within what was allowed, and told in the caption as in the measures."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from posts.content.captions import measure_caption
from posts.content.pictures import CoverMeasures
from posts.content.rewriting import is_disclosure
from predictions.engine import Draft, LearnedAccount
from predictions.engine.advice.changes import MAX_WINDOW, Change, own_posts_like, possible_changes
from predictions.engine.effects.design import body_length, content_design
from predictions.engine.types import DAY, HOUR
from tests.engine.advice.accounts import TAGS, covers, creator, draft_of, durations, end_of, learned, texts

HISTORY = creator(posts=60)
NOW = end_of(HISTORY)
WINDOW = (NOW, NOW + 2 * DAY)


@pytest.fixture(scope="module")
def account() -> LearnedAccount:
    return learned(HISTORY)


def changes(
    account: LearnedAccount, draft: Draft, *, window: tuple[int, int] = WINDOW, max_hashtags: int = 5
) -> list[Change]:
    return list(possible_changes(account, draft, "", window=window, max_hashtags=max_hashtags))


def targets(found: list[Change], feature: str) -> list[float | str]:
    return [change.target for change in found if change.feature == feature]


@given(
    text=texts, duration_s=durations, cover=covers, publish_at=st.integers(NOW, NOW + 9 * DAY), most=st.integers(0, 6)
)
@settings(deadline=None, max_examples=60)
def test_every_change_of_any_draft_is_valid(
    account: LearnedAccount, text: str, duration_s: float, cover: CoverMeasures | None, publish_at: int, most: int
):
    draft = draft_of(text, publish_at, duration_s, cover)
    for change in changes(account, draft, max_hashtags=most):
        after, new_text = change.apply(draft, text)
        assert after != draft
        assert WINDOW[0] <= after.publish_at <= WINDOW[1] or after.publish_at == publish_at
        assert len(after.caption.hashtags) <= max(most, len(draft.caption.hashtags))
        assert math.isnan(duration_s) == math.isnan(after.duration_s)
        assert (after.cover is None) == (cover is None)
        assert np.isfinite(content_design([after])).all()
        assert change.value
        disclosed = [{tag for tag in d.caption.hashtags if is_disclosure(tag)} for d in (draft, after)]
        assert disclosed[0] == disclosed[1]
        if change.feature == "hashtags":
            # what is told of the caption is what the caption says, and an empty one would mean: unchanged
            assert set(measure_caption(new_text).hashtags) == set(after.caption.hashtags)
            assert new_text.strip()
            assert body_length(after.caption) == body_length(draft.caption)
        else:
            assert new_text == text


def test_times_are_the_whole_local_hours_of_the_window(account: LearnedAccount):
    draft = draft_of("Pasta", NOW + 5 * HOUR)
    assert targets(changes(account, draft), "post_time") == [NOW + h * HOUR for h in range(49) if h != 5]
    late = (NOW + 600, NOW + 3 * HOUR + 600)
    assert targets(changes(account, draft, window=late), "post_time") == [NOW + h * HOUR for h in (1, 2, 3)]
    assert targets(changes(account, draft, window=(NOW + 1, NOW)), "post_time") == []
    assert max(targets(changes(account, draft, window=(NOW, NOW + 900 * DAY)), "post_time")) == NOW + MAX_WINDOW


@pytest.mark.parametrize(("zone", "minute"), [("Asia/Kolkata", 30), ("Asia/Kathmandu", 15), ("Europe/Copenhagen", 0)])
def test_hours_are_whole_in_the_accounts_own_zone(account: LearnedAccount, zone: str, minute: int):
    there = replace(account, effects=replace(account.effects, zone=zone))
    times = np.array(targets(changes(there, draft_of("Pasta", NOW)), "post_time"))
    assert len(times) >= 47
    assert (times % HOUR == minute * 60).all()
    assert (WINDOW[0] <= times).all()
    assert (times <= WINDOW[1]).all()


def test_a_duration_is_changed_only_where_it_was_given(account: LearnedAccount):
    assert targets(changes(account, draft_of("Pasta", NOW, math.nan)), "duration") == []
    seconds = targets(changes(account, draft_of("Pasta", NOW, 20.0)), "duration")
    # as four in five of the account's, of 8 to 60 seconds, and at most three times as long or short
    assert set(seconds) == {17, 25, 35, 50}
    # of no length at all, every length is too far away
    assert targets(changes(account, draft_of("Pasta", NOW, 0.0)), "duration") == []


def test_an_account_of_few_posts_gets_no_value_that_it_never_had():
    few = learned(creator(posts=4))
    found = changes(few, draft_of("Pasta", NOW, 20.0, CoverMeasures(0.5, 0.5, 0.5, 0.5, 0.5)))
    assert {change.feature for change in found} == {"post_time", "question", "call_to_action", "emoji"}


def test_a_tone_is_changed_to_another_and_left_alone_where_it_cannot_be_read(account: LearnedAccount):
    assert draft_of("Pasta", NOW).caption.sentiment is None
    assert targets(changes(account, draft_of("Pasta", NOW)), "tone") == []
    happy = draft_of("I love this wonderful day, it is the best", NOW)
    # an angry tone is never advised
    assert set(targets(changes(account, happy), "tone")) == {0.0}
    hardly = replace(happy, caption=replace(happy.caption, sentiment=-0.1))
    assert set(targets(changes(account, hardly), "tone")) == {0.0, 0.5}


def test_hashtags_to_add_are_the_accounts_own_and_no_more_than_allowed(account: LearnedAccount):
    assert set(TAGS) == set(account.tag_names)
    found = [c for c in changes(account, draft_of("Pasta #pasta #Ad", NOW)) if c.feature == "hashtags"]
    # an advertisement is a fact: its disclosure is neither removed nor added
    assert {(c.action, c.target) for c in found} == {("add", "cooking"), ("add", "fyp"), ("remove", "pasta")}
    assert {c.action for c in changes(account, draft_of("Pasta #pasta", NOW), max_hashtags=1)} >= {"remove"}
    assert "add" not in {
        c.action for c in changes(account, draft_of("Pasta #a", NOW), max_hashtags=1) if c.feature == "hashtags"
    }


def test_a_caption_of_nothing_but_hashtags_keeps_them(account: LearnedAccount):
    """Without them it would be empty."""
    found = [c for c in changes(account, draft_of("#pasta #oven", NOW)) if c.feature == "hashtags"]
    assert {c.action for c in found} == {"add"}


@pytest.mark.parametrize(
    ("text", "tag", "after"),
    [
        ("Pasta #fyp tonight", "fyp", "Pasta tonight"),
        ("Pasta #FYP #fyp", "fyp", "Pasta"),
        ("Pasta #fyp_food #fyp", "fyp", "Pasta #fyp_food"),
        ("Pasta #fyp-food #fyp", "fyp", "Pasta -food"),
        ("Pasta #fypfood,#fyp.", "fyp", "Pasta #fypfood,."),
        ("Pasta #fyp🔥 #fyp", "fyp", "Pasta 🔥"),
    ],
)
def test_removing_a_hashtag_removes_no_part_of_another(text: str, tag: str, after: str):
    draft = draft_of(text, NOW)
    changed, new_text = Change("hashtags", "remove", f"#{tag}", tag).apply(draft, text)
    assert new_text == after
    assert measure_caption(new_text).hashtags == changed.caption.hashtags


def test_own_posts_that_have_what_a_change_brings_are_counted(account: LearnedAccount):
    history = account.history.known_at(account.as_of)
    posts = HISTORY.posts
    assert len(history) == len(posts)
    evening = Change("post_time", "move_to", "", NOW + 20 * HOUR)
    assert own_posts_like(account, history, evening) == sum(p.posted_at % DAY // HOUR in (19, 20, 21) for p in posts)
    tagged = sum("fyp" in p.caption.hashtags for p in posts)
    assert own_posts_like(account, history, Change("hashtags", "add", "#fyp", "fyp")) == tagged
    assert own_posts_like(account, history, Change("hashtags", "remove", "#fyp", "fyp")) == len(posts) - tagged
    asking = sum(p.caption.questions > 0 for p in posts)
    assert own_posts_like(account, history, Change("question", "add", "a question", 1)) == asking
    one = sum(p.caption.emoji == 1 for p in posts)
    assert own_posts_like(account, history, Change("emoji", "set_to", "1 emoji", 1)) == one
    like = sum(abs(math.log1p(p.duration_s) - math.log1p(25)) <= 0.25 for p in posts)
    assert own_posts_like(account, history, Change("duration", "set_to", "25 s", 25)) == like
