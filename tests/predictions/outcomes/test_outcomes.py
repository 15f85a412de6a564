"""Predictions meet what became of them."""

import datetime
import math
from statistics import NormalDist

import numpy as np
import pytest
from django.utils import timezone

from accounts.models import Notice
from posts.models import PostsChange
from predictions.engine.data.labels import first_day
from predictions.learning import services as learning_services
from predictions.models import Outcome, Prediction
from predictions.outcomes import services as outcomes_services
from predictions.outcomes import tasks
from privacy.purposes import Purpose
from tests.factories import (
    ObservationFactory,
    OutcomeFactory,
    PostFactory,
    PredictionFactory,
    TikTokAccountFactory,
    disagree,
)

pytestmark = pytest.mark.django_db

HOUR = datetime.timedelta(hours=1)
TEXT = "Which one would you pick? #question"


@pytest.fixture
def now() -> datetime.datetime:
    return timezone.now()


@pytest.fixture
def prediction(account, now) -> Prediction:
    """Of a draft that was scheduled for 40 hours ago."""
    return predicted(account, now - 40 * HOUR)


def predicted(account, publish_at: datetime.datetime, **fields) -> Prediction:
    prediction = PredictionFactory(account=account, publish_at=publish_at, **({"text": TEXT} | fields))
    Prediction.objects.filter(pk=prediction.pk).update(created_at=publish_at - 3 * HOUR)
    prediction.refresh_from_db()
    return prediction


def published(prediction: Prediction, *, late_h: float = 0.0, text: str = TEXT, **likes_by_hour: int):
    observed = {float(age.removeprefix("h")): likes for age, likes in likes_by_hour.items()}
    return PostFactory(
        account=prediction.account,
        posted_at=prediction.publish_at + late_h * HOUR,
        text=text,
        likes_by_hour=observed,
    )


def test_an_observation_at_the_horizon_is_the_outcome(prediction, now):
    post = published(prediction, h1=20, h24=200)
    assert outcomes_services.meet_outcomes(now=now) == 1
    outcome = Outcome.objects.get()
    assert (outcome.prediction, outcome.post, outcome.label) == (prediction, post, Outcome.Label.MEASURED)
    assert outcome.likes == pytest.approx(200)
    assert outcome.views == pytest.approx(2400)
    assert outcome.error == pytest.approx(abs(120 - 200) / 200)
    assert outcome.typical_error == pytest.approx(abs(160 - 200) / 200)
    assert outcome.baseline_error == pytest.approx(abs(118 - 200) / 200)
    assert outcome.within_interval


def test_a_miss_is_outside_the_interval(prediction, now):
    published(prediction, h24=5000)
    outcomes_services.meet_outcomes(now=now)
    assert not Outcome.objects.get().within_interval


def test_each_measure_and_the_rate_meet_their_intervals(prediction, now):
    published(prediction, h24=200)
    outcomes_services.meet_outcomes(now=now)
    outcome = Outcome.objects.get()
    # 200 likes, 10 comments, 4 shares, 2,400 views
    assert outcome.engagement_rate == pytest.approx(214 / 2400)
    assert outcome.measures_within == dict.fromkeys(["likes", "comments", "shares", "views", "engagement_rate"], True)


def test_a_measure_can_miss_its_interval_alone(account, now):
    narrow = {
        "likes": {"typical": 200.0, "interval": [100.0, 400.0]},
        "views": {"typical": 9.0, "interval": [8.0, 10.0]},
    }
    published(predicted(account, now - 40 * HOUR, measures=narrow, engagement_rate=None), h24=200)
    outcomes_services.meet_outcomes(now=now)
    assert Outcome.objects.get().measures_within == {"likes": True, "views": False}


def test_without_views_there_is_no_rate(prediction, now):
    post = published(prediction)
    ObservationFactory(post=post, likes=200, views=None)
    outcomes_services.meet_outcomes(now=now)
    outcome = Outcome.objects.get()
    assert outcome.engagement_rate is None
    assert set(outcome.measures_within) == {"likes", "comments", "shares"}


def test_without_an_observation_near_the_horizon_the_label_is_estimated(prediction, now):
    published(prediction, h6=100)
    assert outcomes_services.meet_outcomes(now=now) == 1
    outcome = Outcome.objects.get()
    assert outcome.label == Outcome.Label.ESTIMATED
    assert 100 < outcome.likes < 1000


def test_an_estimate_has_a_range_and_the_earlier_the_count_the_wider(account, now):
    for number, hours in enumerate([1, 6, 15]):
        prediction = predicted(account, now - (40 + 72 * number) * HOUR, text=f"number {number}")
        published(prediction, text=f"number {number}", **{f"h{hours}": 100})
    assert outcomes_services.meet_outcomes(now=now) == 3
    widths = []
    for outcome in Outcome.objects.order_by("prediction_id"):
        steps = [math.log1p(likes or math.nan) for likes in (outcome.low, outcome.likes, outcome.high)]
        assert outcome.sd is not None
        width = NormalDist().inv_cdf(0.9) * outcome.sd
        assert np.diff(steps) == pytest.approx([width, width], rel=1e-4)
        widths.append(width)
    assert widths == sorted(widths, reverse=True)


def test_no_range_goes_below_zero(prediction, now):
    published(prediction, h1=0)
    outcomes_services.meet_outcomes(now=now)
    outcome = Outcome.objects.get()
    assert (outcome.likes, outcome.low) == (0, 0)
    assert outcome.high is not None
    assert outcome.high > 1


@pytest.mark.parametrize("fields", [{"label": "measured", "sd": 0.1}, {"label": "estimated", "sd": None}])
def test_without_an_estimate_of_known_uncertainty_there_is_no_range(fields):
    outcome = OutcomeFactory.build(prediction=None, post=None, **fields)
    assert (outcome.low, outcome.high) == (None, None)


def test_a_label_is_not_estimated_while_it_may_still_be_measured(account, now):
    prediction = predicted(account, now - 25 * HOUR)
    post = published(prediction, h6=100)
    assert outcomes_services.meet_outcomes(now=now) == 0
    ObservationFactory(post=post, likes=210)
    assert outcomes_services.meet_outcomes(now=now) == 1
    assert Outcome.objects.get().label == Outcome.Label.MEASURED


def test_a_late_post_is_met_when_its_own_horizon_has_passed(prediction, now):
    post = published(prediction, late_h=20, h6=80)
    assert outcomes_services.meet_outcomes(now=now) == 0
    ObservationFactory(post=post, likes=300)
    assert outcomes_services.meet_outcomes(now=now + 5 * HOUR) == 1


def test_a_post_without_a_like_has_no_relative_error(prediction, now):
    published(prediction, h24=0)
    outcomes_services.meet_outcomes(now=now)
    outcome = Outcome.objects.get()
    assert (outcome.likes, outcome.error, outcome.baseline_error) == (0, None, None)
    assert not outcome.within_interval


def test_without_a_baseline_there_is_no_baseline_error(account, now):
    prediction = predicted(account, now - 40 * HOUR, baseline=None)
    published(prediction, h24=200)
    outcomes_services.meet_outcomes(now=now)
    assert Outcome.objects.get().baseline_error is None


def test_meeting_again_changes_nothing(prediction, now):
    post = published(prediction, h24=200)
    outcomes_services.meet_outcomes(now=now)
    before = Outcome.objects.values().get()
    ObservationFactory(post=post, observed_at=post.posted_at + 25 * HOUR, likes=900)
    assert outcomes_services.meet_outcomes(now=now) == 0
    assert Outcome.objects.values().get() == before


def test_two_workers_at_once_record_one_outcome(prediction, now, monkeypatch):
    published(prediction, h24=200)

    def other_worker_first(*args):
        monkeypatch.setattr(outcomes_services, "first_day", first_day)
        assert outcomes_services.meet_outcomes(now=now) == 1
        return first_day(*args)

    monkeypatch.setattr(outcomes_services, "first_day", other_worker_first)
    outcomes_services.meet_outcomes(now=now)
    assert Outcome.objects.count() == 1


def test_every_forecast_of_a_draft_meets_its_post(account, now):
    predictions = [predicted(account, now - hours * HOUR) for hours in (40, 41, 45)]
    post = published(predictions[0], h24=200)
    assert outcomes_services.meet_outcomes(now=now) == 3
    assert set(Outcome.objects.values_list("post", flat=True)) == {post.pk}


def test_before_the_horizon_nothing_is_met(account, now):
    prediction = predicted(account, now - 23 * HOUR)
    published(prediction, h6=100)
    assert outcomes_services.meet_outcomes(now=now) == 0


def test_a_changed_caption_is_met_by_its_time(account, now):
    prediction = predicted(account, now - 60 * HOUR)
    post = published(prediction, late_h=0.2, text="another caption", h24=150)
    assert outcomes_services.meet_outcomes(now=now) == 1
    assert Outcome.objects.get().post == post


def test_another_accounts_post_is_never_met(prediction, now):
    PostFactory(posted_at=prediction.publish_at, text=TEXT, likes_by_hour={24: 200})
    assert outcomes_services.meet_outcomes(now=now) == 0


def test_after_seven_days_nothing_is_looked_for(account, now):
    prediction = predicted(account, now - datetime.timedelta(days=8, minutes=1))
    published(prediction, h24=200)
    assert outcomes_services.meet_outcomes(now=now) == 0


def test_a_post_that_claims_to_be_of_the_future_waits(prediction, now):
    published(prediction, late_h=41)
    assert outcomes_services.meet_outcomes(now=now) == 0


def test_a_post_without_any_count_waits(prediction, now):
    published(prediction)
    assert outcomes_services.meet_outcomes(now=now) == 0


def test_several_accounts_are_met_in_one_run(now):
    for account in TikTokAccountFactory.create_batch(3):
        published(predicted(account, now - 40 * HOUR), h24=200)
    assert outcomes_services.meet_outcomes(now=now) == 3


def test_the_task_meets_outcomes_that_then_show_over_the_api(prediction, now, client_of):
    published(prediction, h24=200)
    tasks.meet_outcomes()
    body = client_of.get(f"/api/v1/predictions/{prediction.public_id}/").json()
    assert body["outcome"]["likes"] == pytest.approx(200)
    assert body["outcome"]["label"] == "measured"


def test_the_label_of_an_outcome_is_learned(champion, learned_account, now):
    prediction = predicted(learned_account, now - 30 * HOUR)
    published(prediction, h24=200)
    PostsChange.objects.filter(account=learned_account).update(sequence=2)
    outcomes_services.meet_outcomes(now=now)
    before = learned_account.weights.posts
    assert learning_services.update_weights(account_id=learned_account.pk, now=now)
    learned_account.weights.refresh_from_db()
    assert learned_account.weights.posts == before + 1


def test_a_result_is_told_once_against_the_last_forecast_of_its_post(account, now):
    first = predicted(account, now - 40 * HOUR)
    post = published(first, h1=20, h24=5000)
    last = predicted(account, now - 40 * HOUR, low=3000, typical=4000, high=6000)
    Prediction.objects.filter(pk=last.pk).update(created_at=first.created_at + HOUR)
    outcomes_services.meet_outcomes(now=now)
    outcomes_services.meet_outcomes(now=now)
    notice = Notice.objects.get()
    assert (notice.user, notice.kind, notice.about) == (account.user, Notice.Kind.RESULT, post.public_id)
    assert notice.params == {"posted_at": post.posted_at.isoformat(), "likes": 5000, "low": 3000, "high": 6000}
    disagree(account.user, Purpose.OUTCOMES)
    assert not Notice.objects.exists()
