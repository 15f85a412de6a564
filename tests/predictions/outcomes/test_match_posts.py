"""Matching posts to drafts."""

import datetime

from hypothesis import given
from hypothesis import strategies as st

from predictions.outcomes.matching import Planned, Published, match_posts

NOON = datetime.datetime(2026, 12, 1, 12, tzinfo=datetime.UTC)
LATER = NOON + datetime.timedelta(days=5)


def hours(number: float) -> datetime.timedelta:
    return datetime.timedelta(hours=number)


def draft(number: int, fingerprint: str = "sunset", *, at: float = 0, made: float = -2) -> Planned:
    return Planned(number, fingerprint, created_at=NOON + hours(made), publish_at=NOON + hours(at))


def post(number: int, fingerprint: str = "sunset", *, at: float = 0) -> Published:
    return Published(number, fingerprint, NOON + hours(at))


def test_the_post_with_the_caption_is_met_a_day_off_schedule():
    assert match_posts([draft(1)], [post(7, at=30), post(8, "other", at=0)], LATER) == {1: 7}


def test_of_two_posts_with_the_caption_the_nearer_counts():
    assert match_posts([draft(1)], [post(7, at=30), post(8, at=-1)], LATER) == {1: 8}


def test_a_post_before_the_forecast_is_not_of_this_draft():
    assert match_posts([draft(1, made=1, at=2)], [post(7, at=0.5)], LATER) == {}


def test_a_post_with_the_caption_three_days_off_is_another_one():
    assert match_posts([draft(1)], [post(7, at=72)], LATER) == {}


def test_several_forecasts_of_a_draft_meet_the_same_post():
    assert match_posts([draft(1), draft(2, at=5)], [post(7, at=1)], LATER) == {1: 7, 2: 7}


def test_a_changed_caption_is_recognised_by_its_time():
    assert match_posts([draft(1)], [post(7, "changed", at=0.4)], LATER) == {1: 7}
    assert match_posts([draft(1)], [post(7, "changed", at=0.6)], LATER) == {}


def test_time_alone_does_not_count_while_the_caption_may_still_come():
    assert match_posts([draft(1)], [post(7, "changed", at=0.4)], NOON + hours(47)) == {}


def test_a_post_that_another_draft_recognises_by_caption_is_not_taken_by_time():
    rejected, published = draft(1, "first idea"), draft(2, "sunset")
    assert match_posts([rejected, published], [post(7, "sunset", at=0.1)], LATER) == {2: 7}


def test_drafts_that_differ_do_not_share_a_post_by_time():
    earlier, last = draft(1, "first idea", made=-3), draft(2, "second idea", made=-1)
    assert match_posts([earlier, last], [post(7, "third", at=0.1)], LATER) == {2: 7}


def test_drafts_without_a_caption_are_recognised_by_time_only():
    assert match_posts([draft(1, "")], [post(7, "", at=20), post(8, "", at=0.2)], LATER) == {1: 8}


moments = st.floats(-60, 60)
captions = st.sampled_from(["", "a", "b"])


@given(
    st.lists(st.builds(draft, st.integers(), captions, at=moments, made=moments), unique_by=lambda d: d.id),
    st.lists(st.builds(post, st.integers(), captions, at=moments), unique_by=lambda p: p.id),
)
def test_whatever_is_matched_lies_near_and_after_and_order_does_not_matter(drafts, posts):
    matched = match_posts(drafts, posts, LATER)
    by_id = {each.id: each for each in posts}
    for each in drafts:
        if found := by_id.get(matched.get(each.id, object())):
            assert found.posted_at >= each.created_at
            limit = hours(48) if each.fingerprint and found.fingerprint == each.fingerprint else hours(0.5)
            assert abs(found.posted_at - each.publish_at) <= limit
    assert match_posts(drafts[::-1], posts[::-1], LATER) == matched
