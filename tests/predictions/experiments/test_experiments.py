"""Experiments: started, drawn, matched, judged and stopped, over REST and on the page."""

import datetime
import json

import numpy as np
import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from posts.models import PostsChange
from predictions.engine.experiments.arms import Arms
from predictions.experiments import services, tasks
from predictions.forecasts.selectors import accounts_for_forecast
from predictions.learning.selectors import account_history
from predictions.learning.services import update_weights
from predictions.models import Assignment, Experiment
from privacy.consent.selectors import NoConsent
from privacy.purposes import Purpose
from tests.factories import (
    HOUR,
    AssignmentFactory,
    ExperimentFactory,
    PostFactory,
    PredictionFactory,
    TikTokAccountFactory,
    disagree,
    enter_admin,
)

pytestmark = pytest.mark.django_db

DAY = 24 * HOUR
API = "/api/v1/experiments"
NOW = timezone.now()
QUESTION, PLAIN = "Which pier is it?", "The pier"


def started(account, *, feature="question", first=0, second=1, ago=datetime.timedelta(days=80)) -> Experiment:
    experiment = services.start_experiment(account_id=account.pk, arms=Arms(feature, first, second))
    Experiment.objects.filter(pk=experiment.pk).update(started_at=NOW - ago)
    experiment.refresh_from_db()
    return experiment


def run(experiment: Experiment, *, posts: int, effect: float, start: datetime.timedelta = 78 * DAY) -> None:
    """Draw an arm a day and publish its post, whose likes the second arm multiplies by exp(effect)."""
    random = np.random.default_rng(5)
    for day in range(posts):
        moment = NOW - start + day * DAY
        assignment, is_new = services.draw_arm(experiment_id=experiment.pk, now=moment, planned=moment + HOUR)
        assert is_new
        likes = round(200 * float(np.exp(0.3 * random.normal() + effect * assignment.is_second)))
        text = QUESTION if assignment.is_second else PLAIN
        PostFactory(account=experiment.account, posted_at=assignment.publish_at, text=text, likes_by_hour={24: likes})


def test_a_person_starts_one_draws_and_stops_it(account, client_of):
    asked = {"account_id": account.public_id, "feature": "post_time", "first": 12, "second": 19}
    answer = client_of.post(API, asked, format="json")
    assert answer.status_code == 201, answer.content
    begun = answer.json()
    assert begun["question"] == "Do your posts do better at 19:00 than at 12:00?"
    assert (begun["state"], begun["posts"], begun["effect_pct"], begun["interval_pct"]) == ("running", 0, None, None)
    first = client_of.post(f"{API}/{begun['id']}/assignments", {}, format="json")
    assert first.status_code == 201
    assert first.json()["probability"] == 0.5
    assert datetime.datetime.fromisoformat(first.json()["scheduled_time_utc"]).hour in (12, 19)
    again = client_of.post(f"{API}/{begun['id']}/assignments", {}, format="json")
    assert (again.status_code, again.json()) == (200, first.json())
    assert [row["id"] for row in client_of.get(API).json()["results"]] == [begun["id"]]
    assert client_of.get(f"{API}/{begun['id']}").json()["assignments"] == [first.json()]
    stopped = client_of.post(f"{API}/{begun['id']}/stop")
    assert (stopped.status_code, stopped.json()["state"]) == (200, "stopped")
    assert client_of.post(f"{API}/{begun['id']}/assignments", {}, format="json").status_code == 409
    assert client_of.post(f"{API}/{begun['id']}/stop").json()["state"] == "stopped"


def test_an_account_runs_one_at_a_time(account, client_of):
    asked = {"account_id": account.public_id, "feature": "question"}
    assert client_of.post(API, asked, format="json").status_code == 201
    refused = client_of.post(API, asked, format="json")
    assert refused.status_code == 409
    assert "stop it" in refused.json()["detail"]
    with pytest.raises(IntegrityError), transaction.atomic():
        ExperimentFactory(account=account)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"feature": "moon"}, "feature"),
        ({"feature": None}, "feature"),
        ({"first": "noon"}, "first"),
        ({"first": -1}, "first"),
        ({"first": 24}, ""),
        ({"first": 19}, ""),
        ({"feature": "caption_length", "first": 100, "second": 120}, ""),
        ({"feature": "caption_length", "first": 0}, ""),
        ({"feature": "emoji", "first": 0, "second": 2}, ""),
        ({"account_id": ""}, "account_id"),
    ],
)
def test_what_cannot_be_compared_is_refused_in_a_sentence(change, field, account, client_of):
    asked = {"account_id": account.public_id, "feature": "post_time", "first": 12, "second": 19}
    answer = client_of.post(API, json.dumps(asked | change), content_type="application/json")
    assert answer.status_code == 400
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert not Experiment.objects.exists()


@pytest.mark.parametrize("moment", ["yesterday", "2020-01-01T00:00:00Z", "2220-01-01T00:00:00Z"])
def test_no_arm_is_drawn_for_a_post_that_cannot_come(moment, account, client_of):
    experiment = started(account)
    answer = client_of.post(f"{API}/{experiment.public_id}/assignments", {"scheduled_time_utc": moment}, format="json")
    assert answer.status_code == 400
    assert not Assignment.objects.exists()


def test_what_belongs_to_another_does_not_exist(account, client_of):
    other = started(TikTokAccountFactory())
    for method, path in (("get", ""), ("post", "/assignments"), ("post", "/stop")):
        assert getattr(client_of, method)(f"{API}/{other.public_id}{path}").status_code == 404
    assert client_of.get(API).json()["results"] == []
    asked = {"account_id": other.account.public_id, "feature": "question"}
    assert client_of.post(API, asked, format="json").status_code == 404
    assert APIClient().get(API).status_code in (401, 403)


def test_without_consent_nothing_is_started_drawn_or_judged(account, client_of):
    experiment = started(account)
    disagree(account.user, Purpose.SERVICE)
    assert client_of.post(f"{API}/{experiment.public_id}/assignments", {}, format="json").status_code == 403
    asked = {"account_id": account.public_id, "feature": "question"}
    assert client_of.post(API, asked, format="json").status_code == 403
    with pytest.raises(NoConsent):
        services.judge_experiment(experiment_id=experiment.pk)
    assert services.judge_experiments() == 0


def test_both_hours_are_still_to_come_on_the_drawn_day(account):
    account.time_zone = "America/New_York"
    account.save()
    now = datetime.datetime(2026, 7, 1, 18, 0, tzinfo=datetime.UTC)  # 14:00 there: past noon, before 19:00
    experiment = started(account, feature="post_time", first=12, second=19)
    drawn = set()
    for _ in range(40):
        assignment, _ = services.draw_arm(experiment_id=experiment.pk, now=now)
        drawn.add(assignment.publish_at)
        assignment.delete()
    tomorrow = datetime.datetime(2026, 7, 2, tzinfo=datetime.UTC)
    assert drawn == {tomorrow + 16 * HOUR, tomorrow + 23 * HOUR}


def test_a_large_difference_is_answered_and_learned_with_its_draws(account):
    experiment = started(account)
    run(experiment, posts=75, effect=1.0)
    PostsChange.objects.create(account=account, changed_at=NOW, sequence=1)
    update_weights(account_id=account.pk)
    tasks.judge_experiments()
    experiment.refresh_from_db()
    assert experiment.state == Experiment.State.ANSWERED, (experiment.posts, experiment.low_pct, experiment.high_pct)
    low, effect, high = experiment.low_pct, experiment.effect_pct, experiment.high_pct
    assert None not in (low, effect, high)
    assert 0 < low <= effect <= high  # type: ignore[operator]
    [served] = accounts_for_forecast(account.user, None)
    assert served.answered == ["question"]
    assert experiment.assignments.filter(post=None).count() <= 2
    history = account_history(account.pk, NOW, purpose=Purpose.SERVICE)
    assert (
        sum(post.drawn == "question" for post in history.posts)
        == experiment.assignments.filter(is_followed=True).count()
    )
    assert {post.drawn for post in account_history(account.pk, NOW, purpose=Purpose.LEARNING).posts} == {""}
    # marked as stale: it is learned again
    assert update_weights(account_id=account.pk)


def test_a_post_counts_for_its_arm_whether_or_not_it_followed(account):
    experiment = started(account)
    moment = NOW - 10 * DAY
    assignment, _ = services.draw_arm(experiment_id=experiment.pk, now=moment, planned=moment)
    text = PLAIN if assignment.is_second else QUESTION
    PostFactory(account=account, posted_at=moment - 5 * DAY, text=PLAIN, likes_by_hour={24: 100})
    post = PostFactory(account=account, posted_at=moment + 3 * HOUR, text=text, likes_by_hour={24: 150})
    services.judge_experiment(experiment_id=experiment.pk)
    assignment.refresh_from_db()
    assert (assignment.post, assignment.is_followed) == (post, False)
    assert assignment.likes == pytest.approx(150, rel=0.05)
    assert assignment.outcome is not None
    assert assignment.outcome > 0
    experiment.refresh_from_db()
    assert (experiment.posts, experiment.state) == (1, "running")
    assert {each.drawn for each in account_history(account.pk, NOW, purpose=Purpose.SERVICE).posts} == {""}


def test_the_post_of_a_forecast_draft_is_preferred_to_a_nearer_one(account):
    experiment = started(account)
    moment = NOW - 10 * DAY
    assignment, _ = services.draw_arm(experiment_id=experiment.pk, now=moment, planned=moment + HOUR)
    prediction = PredictionFactory(account=account, publish_at=moment + HOUR, text="A caption of its own")
    type(prediction).objects.filter(pk=prediction.pk).update(created_at=moment + 0.1 * HOUR)
    PostFactory(account=account, posted_at=moment + HOUR, text=PLAIN, likes_by_hour={24: 100})
    own = PostFactory(
        account=account, posted_at=moment + 9 * HOUR, text="A caption of its own", likes_by_hour={24: 100}
    )
    services.judge_experiment(experiment_id=experiment.pk)
    assignment.refresh_from_db()
    assert assignment.post == own


def test_draws_are_fair_and_their_posts_do_not_give_the_next_away(account):
    experiment = started(account)
    run(experiment, posts=40, effect=0.0)
    drawn = list(experiment.assignments.values_list("is_second", flat=True))
    assert 8 <= sum(drawn) <= 32
    # blocks of two would have one of each in every pair
    assert any(first == second for first, second in zip(drawn[::2], drawn[1::2], strict=True))


def test_one_that_fails_does_not_stop_the_others(account):
    left = started(TikTokAccountFactory())
    disagree(left.account.user, Purpose.SERVICE)
    started(account)
    assert services.judge_experiments() == 1


class TestPage:
    @pytest.fixture
    def browser(self, account) -> Client:
        client = Client()
        client.force_login(account.user)
        return client

    def test_a_creator_starts_draws_and_stops_on_the_page(self, browser, account):
        page = browser.post("/experiments/", {"feature": "question"}, follow=True).content.decode()
        assert "with a question than without a question" in page
        experiment = Experiment.objects.get()
        page = browser.post(f"/experiments/{experiment.public_id}/draw/", follow=True).content.decode()
        assert "Publish your next post with" in page
        page = browser.post(f"/experiments/{experiment.public_id}/stop/", follow=True).content.decode()
        assert "You stopped it" in page
        assert "Start an experiment" in page

    def test_an_answer_is_told_with_its_size_and_direction(self, browser, account):
        ExperimentFactory(account=account, state="answered", posts=90, effect_pct=-30.0, low_pct=-45.0, high_pct=-8.0)
        page = browser.get("/experiments/").content.decode()
        assert "Answered after 90 posts: your posts do better without a question than with a question." in page
        told = "Likes with a question against without a question: −30 % (−45 % to −8 %"
        assert told in page.replace("\N{NO-BREAK SPACE}", " ")

    @pytest.mark.parametrize(
        ("asked", "words"),
        [
            ({"feature": "post_time"}, "Give both"),
            ({"feature": "post_time", "first": 9, "second": 9}, "two different values"),
            ({"feature": "caption_length", "first": 90, "second": 100}, "cannot be compared"),
        ],
    )
    def test_the_form_says_what_is_wrong(self, asked, words, browser):
        assert words in browser.post("/experiments/", asked).content.decode()
        assert not Experiment.objects.exists()

    def test_another_persons_is_not_found(self, browser):
        other = started(TikTokAccountFactory())
        for action in ("draw", "stop"):
            assert browser.post(f"/experiments/{other.public_id}/{action}/").status_code == 404


def test_staff_read_them_with_what_was_drawn(account):
    assignment = AssignmentFactory(experiment__account=account)
    staff = enter_admin(Client())
    for path in ("experiment", "assignment", f"experiment/{assignment.experiment_id}/change"):
        assert staff.get(f"/admin/predictions/{path}/").status_code == 200


def test_they_go_with_the_account(account):
    AssignmentFactory(experiment__account=account)
    account.delete()
    assert not Experiment.objects.exists()
    assert not Assignment.objects.exists()
