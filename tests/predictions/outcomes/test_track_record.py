"""An account's track record: counts, conclusion and sentences."""

import datetime
import re
from math import comb
from statistics import median

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from predictions.models import Prediction
from predictions.outcomes.selectors import POSTS_JUDGED, account_track_record
from predictions.outcomes.track_record import ENOUGH_POSTS, EQUALLY_NEAR, SIGNIFICANCE, Compared, Standing, summarise
from tests.factories import OutcomeFactory, PostFactory, PredictionFactory, TikTokAccountFactory

SHARES = st.floats(0, 3) | st.floats(0, 1e9) | st.sampled_from([0.0, 0.3, 0.31, 1.0, 10.0])
COMPARED = st.builds(Compared, SHARES, SHARES, st.booleans())
NEARER, FARTHER = Compared(0.31, 0.74, True), Compared(0.74, 0.31, True)


def luck(wins: int, losses: int) -> float:
    """That a fair coin falls at least `wins` times of all on one side: by counting, not by the library under test."""
    tosses = wins + losses
    return sum(comb(tosses, heads) for heads in range(wins, tosses + 1)) / float(2**tosses)


def plain(text: str) -> str:
    return text.replace("\N{NO-BREAK SPACE}", " ")


def test_the_sentence_of_a_creator_for_whom_it_works() -> None:
    posts = [NEARER] * 13 + [Compared(0.3, 0.8, False)] * 4 + [FARTHER] * 6
    assert plain(summarise(posts).sentence) == (
        "Postcast has been nearer to what your posts did than your recent average. "
        "Over your last 23 posts with a forecast, Postcast was nearer than your recent average 17 times; "
        "typically it was off by 31 %, your recent average by 74 %. "
        "19 of 23 ended inside the range, which is meant for four in five."
    )


def test_a_worse_record_is_called_worse() -> None:
    skill = summarise([FARTHER] * 9 + [NEARER])
    assert skill.standing == Standing.WORSE
    assert "Postcast has done worse than your recent average" in skill.sentence
    assert "nearer than your recent average once;" in skill.sentence


def test_a_few_posts_are_too_early_but_shown() -> None:
    skill = summarise([NEARER] * (ENOUGH_POSTS - 1))
    assert skill.standing == Standing.TOO_EARLY
    assert plain(skill.sentence).startswith("It is too early to say how well Postcast does for you. Over your last 7")
    assert plain(summarise([Compared(0.314, 12.0, False)]).record) == (
        "On your only post with a forecast so far, Postcast was off by 31 %, your recent average by more than 1,000 %. "
        "It ended outside the range."
    )


def test_nothing_is_known_without_a_post() -> None:
    skill = summarise([])
    assert skill.sentence == "It is too early to say how well Postcast does for you."
    assert (skill.error, skill.nearer_share, skill.coverage) == (None, None, None)


@pytest.mark.parametrize(
    ("posts", "estimated", "said"),
    [
        (2, 3, ["Over 2 of your last 5 posts with a forecast, ", "3 posts are left out: their likes after a day were"]),
        (1, 1, ["On 1 of your last 2 posts with a forecast, ", "One post is left out: its likes after a day were"]),
        (0, 3, ["does for you. 3 posts are left out: their likes after a day were only estimated."]),
    ],
)
def test_the_sentence_counts_the_estimates_left_out(posts: int, estimated: int, said: list[str]) -> None:
    sentence = summarise([NEARER] * posts, estimated=estimated).sentence
    assert all(words in sentence for words in said)


def test_one_viral_post_decides_nothing() -> None:
    skill = summarise([NEARER] * 20 + [Compared(0.99, 0.2, False)] + [Compared(1e6, 2.0, False)])
    assert skill.standing == Standing.BETTER
    assert "typically it was off by 31" in skill.sentence


def test_nearly_equal_errors_are_a_draw() -> None:
    skill = summarise([Compared(0.003, 0.0, True)] * 30)
    assert (skill.nearer, skill.farther, skill.equally_near) == (0, 0, 30)
    assert skill.standing == Standing.UNCLEAR
    assert "never nearer than your recent average, and as near as it 30 times;" in skill.sentence


@pytest.mark.parametrize(("nearer", "standing"), [(15, Standing.UNCLEAR), (16, Standing.BETTER)])
def test_where_the_line_is(nearer: int, standing: Standing) -> None:
    assert summarise([NEARER] * nearer + [FARTHER] * (23 - nearer)).standing == standing
    mirrored = {Standing.BETTER: Standing.WORSE}.get(standing, standing)
    assert summarise([FARTHER] * nearer + [NEARER] * (23 - nearer)).standing == mirrored


@given(st.lists(COMPARED, max_size=60))
def test_no_more_is_claimed_than_happened(posts: list[Compared]) -> None:
    skill = summarise(posts)
    assert skill.nearer + skill.equally_near + skill.farther == skill.posts == len(posts)
    if skill.standing in (Standing.BETTER, Standing.WORSE):
        ours, theirs = median(post.error for post in posts), median(post.baseline_error for post in posts)
        wins, losses = skill.nearer, skill.farther
        if skill.standing == Standing.WORSE:
            ours, theirs, wins, losses = theirs, ours, losses, wins
        assert len(posts) >= ENOUGH_POSTS
        assert ours <= theirs - EQUALLY_NEAR
        assert luck(wins, losses) < SIGNIFICANCE


@given(st.lists(COMPARED, max_size=60), st.integers(0, 50))
def test_the_sentence_is_always_sound(posts: list[Compared], estimated: int) -> None:
    sentence = plain(summarise(posts, estimated=estimated).sentence)
    assert not re.search(r"nan|inf\b|None\b(?! of)|  | 1 (times|posts)|\b0 (times|of)|-\d", sentence)
    assert re.fullmatch(r"[A-Z][^{}]*\.", sentence)
    assert re.findall(r"[\d,]+ %", sentence) == [] or len(re.findall(r"[\d,]+ %", sentence)) == 2


@given(st.lists(COMPARED, max_size=40))
def test_trading_places_trades_the_conclusion(posts: list[Compared]) -> None:
    swapped = summarise([Compared(post.baseline_error, post.error, post.within_interval) for post in posts])
    mirrored = {Standing.BETTER: Standing.WORSE, Standing.WORSE: Standing.BETTER}
    standing = summarise(posts).standing
    assert swapped.standing == mirrored.get(standing, standing)


@pytest.mark.django_db
class TestOfAnAccount:
    def test_a_post_counts_once_with_the_last_forecast_before_it(self, account) -> None:
        post = PostFactory(account=account)
        for hours, error in ((5, 0.9), (1, 0.2), (3, 0.7)):
            prediction = PredictionFactory(account=account)
            moment = post.posted_at - datetime.timedelta(hours=hours)
            Prediction.objects.filter(pk=prediction.pk).update(created_at=moment)
            OutcomeFactory(prediction=prediction, post=post, typical_error=error)
        skill = account_track_record(account.pk)
        assert (skill.posts, skill.error) == (1, 0.2)

    def test_what_cannot_be_compared_is_left_out(self, account) -> None:
        OutcomeFactory(prediction__account=account, baseline_error=None)
        OutcomeFactory(prediction__account=account, likes=0, typical_error=None, baseline_error=None)
        OutcomeFactory(prediction__account=TikTokAccountFactory(user=account.user))
        PredictionFactory(account=account)
        assert account_track_record(account.pk).posts == 0

    def test_estimates_are_left_out_and_counted(self, account) -> None:
        OutcomeFactory(prediction__account=account, typical_error=0.2)
        for _ in range(2):
            OutcomeFactory(prediction__account=account, label="estimated", typical_error=5.0, within_interval=False)
        skill = account_track_record(account.pk)
        assert (skill.posts, skill.error, skill.coverage, skill.estimated) == (1, 0.2, 1.0, 2)

    def test_only_the_latest_posts_count(self, account, django_assert_num_queries) -> None:
        now = timezone.now()
        for days in range(POSTS_JUDGED + 3):
            post = PostFactory(account=account, posted_at=now - datetime.timedelta(days=days + 2), content=None)
            recent = days < POSTS_JUDGED
            OutcomeFactory(
                prediction__account=account, post=post, typical_error=0.2 if recent else 5.0, within_interval=recent
            )
        with django_assert_num_queries(1):
            skill = account_track_record(account.pk)
        assert (skill.posts, skill.within_interval, skill.error) == (POSTS_JUDGED, POSTS_JUDGED, 0.2)

    def test_over_the_api(self, account, client_of) -> None:
        address = f"/api/v1/accounts/{account.public_id}/skill/"
        empty = client_of.get(address).json()
        assert (empty["posts"], empty["median_error"], empty["coverage"]) == (0, None, None)
        for number in range(9):
            OutcomeFactory(prediction__account=account, within_interval=number > 0)
        body = client_of.get(address).json()
        sentence = body.pop("sentence")
        assert body == {
            **{"posts": 9, "estimated": 0, "nearer": 9, "equally_near": 0, "farther": 0, "nearer_share": 1.0},
            **{"median_error": 0.2, "baseline_median_error": 0.41, "coverage": 8 / 9, "standing": "better"},
        }
        assert sentence == account_track_record(account.pk).sentence

    def test_of_somebody_else_nothing_is_told(self, client_of) -> None:
        assert client_of.get(f"/api/v1/accounts/{TikTokAccountFactory().public_id}/skill/").status_code == 404
