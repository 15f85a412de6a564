"""Accounts that left: models that learned from them are refused, replaced in time, and emptied."""

import itertools
from typing import Any

import pytest
from celery.schedules import crontab
from django.conf import settings

from accounts.models import TikTokAccount
from predictions.engine.evaluation.promotion import decide
from predictions.models import ModelEvent, ModelVersion
from predictions.training import services as lifecycle
from predictions.training import tasks as training_tasks
from predictions.training.pseudonyms import pseudonym
from predictions.training.services import NothingToLearn, challenge, retrain
from predictions.versions.selectors import champion_id, learned_from_forgotten
from predictions.versions.services import register
from privacy.erasure.services import request_erasure
from privacy.erasure.steps import STEPS
from privacy.models import Erasure, Through
from tests.factories import TikTokAccountFactory
from tests.predictions.training.support import NOW, champion_that_learned_from, leaves, role

pytestmark = pytest.mark.django_db


@pytest.fixture
def retrainings(monkeypatch) -> list[dict[str, Any]]:
    """Record the requests for retraining."""
    sent: list[dict[str, Any]] = []
    monkeypatch.setattr(
        "predictions.training.retraining.current_app.send_task", lambda name, **options: sent.append(options)
    )
    return sent


def test_a_challenger_that_learned_from_who_left_is_refused_though_it_wins(bad_champion, accounts):
    challenger = register(model=lifecycle._train(NOW - lifecycle.SLICE), metrics={})
    leaves(accounts[0])
    decision = challenge(version=challenger, by="a test", now=NOW)
    assert decision.reason == f"{challenger} learned from an account that left since, so it may not serve."
    assert champion_id() == bad_champion.pk
    event = ModelEvent.objects.latest("id")
    assert (event.kind, event.to_version, event.reason) == ("refused", challenger, decision.reason)


def test_an_account_that_leaves_during_the_comparison_is_noticed(bad_champion, accounts, monkeypatch):
    def decide_while_somebody_leaves(pairs):
        leaves(accounts[0])
        return decide(pairs)

    monkeypatch.setattr(lifecycle, "decide", decide_while_somebody_leaves)
    done = retrain(by="a test", reason="", now=NOW)
    assert "left since" in done.decision.reason
    assert champion_id() == bad_champion.pk


def train_while_somebody_leaves(monkeypatch, leaving: list[TikTokAccount]) -> None:
    """At the end of each training one of these accounts leaves, as long as there are any."""
    train = lifecycle._train

    def training(as_of):
        model = train(as_of)
        if leaving:
            leaves(leaving.pop(0))
        return model

    monkeypatch.setattr(lifecycle, "_train", training)


def test_training_runs_again_without_an_account_that_left_meanwhile(bad_champion, accounts, monkeypatch):
    train_while_somebody_leaves(monkeypatch, accounts[:1])
    done = retrain(by="a test", reason="", now=NOW)
    assert done.decision.promote, done.decision.reason
    assert pseudonym(accounts[0].public_id) not in done.version.manifest["pseudonyms"]
    assert len(done.version.manifest["pseudonyms"]) == len(accounts) - 1


def test_if_an_account_leaves_each_time_no_challenger_is_promoted(bad_champion, accounts, monkeypatch):
    leaving = accounts[:5]
    train_while_somebody_leaves(monkeypatch, leaving)
    done = retrain(by="a test", reason="", now=NOW)
    assert "left since" in done.decision.reason
    assert champion_id() == bad_champion.pk
    assert len(leaving) == 3


def test_with_too_few_left_to_learn_from_the_prior_serves_instead_of_a_champion_that_has_to_go(accounts):
    champion = champion_that_learned_from(accounts[0])
    for account in accounts[:3]:
        leaves(account)
    with pytest.raises(NothingToLearn, match="Only 19 accounts"):
        retrain(by="a test", reason="", now=NOW)
    assert champion_id() is None
    assert role(champion) == "retired"


def test_a_champion_stays_without_a_training_while_nobody_left_it(accounts):
    champion = champion_that_learned_from(accounts[5])
    for account in accounts[:3]:
        leaves(account)
    with pytest.raises(NothingToLearn):
        retrain(by="a test", reason="", now=NOW)
    assert champion_id() == champion.pk


@pytest.mark.parametrize(("days", "asked"), [(4.9, 0), (5.1, 1), (6.8, 1)])
def test_a_new_champion_is_asked_for_while_there_is_time(days, asked, accounts, retrainings):
    champion = champion_that_learned_from(accounts[0])
    leaves(accounts[0], days_ago=days)
    training_tasks.leave_forgotten_behind()
    assert len(retrainings) == asked
    # messages that no worker takes expire before the next check
    assert all(options["expires"] == 3600 for options in retrainings)
    assert champion_id() == champion.pk


def test_before_the_seventh_day_is_over_the_prior_serves_and_an_alarm_is_raised(accounts, retrainings, caplog):
    champion = champion_that_learned_from(accounts[0])
    # the check is hourly: at the latest now
    leaves(accounts[0], days_ago=7 - 2 / 24)
    training_tasks.leave_forgotten_behind()
    assert champion_id() is None
    event = ModelEvent.objects.latest("id")
    assert (event.from_version, event.to_version, event.by) == (champion, None, "leave_forgotten_behind task")
    assert "No new one came in time" in event.reason
    assert "forgotten_champion_not_replaced" in caplog.text
    # the serving version must be replaced soon all the same, and the earlier one is emptied
    assert len(retrainings) == 1
    training_tasks.leave_forgotten_behind()
    assert bytes(ModelVersion.objects.get(pk=champion.pk).artefact) == b""


def test_the_seven_days_run_while_tiktok_is_waited_for(accounts):
    """Ending its access can take a day, and comes before models are reached."""
    champion = champion_that_learned_from(accounts[0])
    user = accounts[0].user
    TikTokAccountFactory(user=user)
    erasure = request_erasure(
        user_id=user.pk, account_id=accounts[0].pk, reason=Erasure.Reason.PERSON, through=Through.PAGE, grace=None
    )
    for name in itertools.takewhile(lambda name: name != "revoke", STEPS):
        STEPS[name](erasure)
    assert learned_from_forgotten(champion)


def test_it_is_checked_every_hour():
    assert settings.CELERY_BEAT_SCHEDULE["leave forgotten behind"]["schedule"] == crontab(minute="40")
