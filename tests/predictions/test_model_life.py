"""The life of a model: trained from the database, compared, promoted or refused, rolled back."""

import dataclasses
import datetime
import itertools
import json
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from celery.schedules import crontab
from django.conf import settings
from django.contrib.auth.models import Permission
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts.models import TikTokAccount
from predictions.benchmarks import tasks as benchmarks_tasks
from predictions.engine import GlobalModel
from predictions.engine.estimators.account_weights import WeightPrior
from predictions.engine.evaluation.promotion import decide
from predictions.models import ForgottenAccount, ModelEvent, ModelVersion
from predictions.training import selectors
from predictions.training import services as lifecycle
from predictions.training import tasks as training_tasks
from predictions.training.pseudonyms import pseudonym
from predictions.training.services import AlreadyTraining, NothingToLearn, challenge, retrain
from predictions.versions.artefacts import RefusedArtefact, load
from predictions.versions.selectors import champion_id, learned_from_forgotten
from predictions.versions.services import CannotRollBack, make_champion, register, roll_back
from privacy.erasure.services import request_erasure
from privacy.erasure.steps import STEPS
from privacy.models import Erasure, Through
from privacy.purposes import Purpose
from tests.factories import FollowerCountFactory, StaffFactory, TikTokAccountFactory, disagree, verify
from tests.predictions.histories import DAY, store, synthetic_histories
from tests.waiting import wait_until

pytestmark = pytest.mark.django_db

NOW = timezone.now().replace(microsecond=0)
UNTIL = int(NOW.timestamp())
ROLL_BACK = "/admin/predictions/modelversion/roll-back/"


def erratic() -> GlobalModel:
    """A bad model that is well-formed: its account weights believe every single post."""
    return dataclasses.replace(GlobalModel.prior(), weight_prior=WeightPrior(100.0, 100.0, 0.5))


@pytest.fixture
def accounts(db):
    """Enough for a comparison; too few posts for trees and networks, so that training takes a moment."""
    return store(synthetic_histories(22, 14, until=UNTIL, seed=3))


@pytest.fixture
def bad_champion(db) -> ModelVersion:
    return register(model=erratic(), metrics={}, promote=True)


def start_process(script: str) -> subprocess.Popen[str]:
    """The script in a process of its own, on the database of this test."""
    url = os.environ["DATABASE_URL"].replace("/postcast", f"/{connection.settings_dict['NAME']}", 1)
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings.test", "DATABASE_URL": url}
    pipe = subprocess.PIPE
    command = [sys.executable, "-c", script]
    return subprocess.Popen(
        command, cwd=settings.BASE_DIR, env=environment, stdin=pipe, stdout=pipe, stderr=pipe, text=True
    )


def role(version: ModelVersion) -> str:
    return ModelVersion.objects.values_list("role", flat=True).get(pk=version.pk)


def test_a_challenger_that_wins_is_promoted(bad_champion, accounts):
    done = retrain(by="a test", reason="The audience changed.", now=NOW)
    assert done.decision.promote, done.decision.reason
    assert (role(done.version), role(bad_champion)) == ("champion", "retired")
    event = ModelEvent.objects.latest("id")
    assert (event.kind, event.from_version, event.to_version) == ("promoted", bad_champion, done.version)
    assert (event.by, event.reason) == ("a test", done.decision.reason)
    assert event.figures["accounts"] == 22
    assert event.figures["all"]["log_mae"]["upper"] < 0
    assert done.version.metrics["trained_because"] == "The audience changed."


def test_a_challenger_that_does_not_win_is_kept_with_the_reason(accounts):
    """The first model competes with the prior, which it is here but for what it learned of growth."""
    done = retrain(by="a test", reason="", now=NOW)
    assert not done.decision.promote
    assert role(done.version) == "challenger"
    assert champion_id() is None
    event = ModelEvent.objects.get()
    assert (event.kind, event.from_version, event.to_version) == ("refused", None, done.version)
    assert "Not better beyond chance" in event.reason
    again = retrain(by="a test", reason="", now=NOW)
    assert (role(done.version), role(again.version)) == ("retired", "challenger")


def test_a_planted_bad_challenger_is_refused(accounts):
    champion = retrain(by="a test", reason="", now=NOW).version
    make_champion(champion)
    planted = register(model=erratic(), metrics={})
    decision = challenge(version=planted, by="a test", now=NOW)
    assert not decision.promote
    assert "Harms a cohort" in decision.reason
    assert champion_id() == champion.pk
    planted.artefact = b"not what was signed"
    planted.save()
    with pytest.raises(RefusedArtefact):
        challenge(version=planted, by="a test", now=NOW)


def test_a_model_that_learned_from_the_latest_posts_has_nothing_left_to_be_compared_on(bad_champion, accounts):
    manifest = GlobalModel.prior().manifest | {"until": UNTIL}
    leaked = register(model=dataclasses.replace(GlobalModel.prior(), manifest=manifest), metrics={})
    decision = challenge(version=leaked, by="a test", now=NOW)
    assert not decision.promote
    assert "Only 0 accounts" in decision.reason
    assert ModelEvent.objects.latest("id").figures["slice"] == [UNTIL, UNTIL]


def test_what_was_tested_is_what_serves(bad_champion, accounts):
    version = retrain(by="a test", reason="", now=NOW).version
    manifest = load(ModelVersion.objects.get(pk=version.pk)).manifest
    assert manifest["until"] == UNTIL - 14 * DAY
    assert manifest["span"][1] < manifest["until"]
    assert ModelEvent.objects.latest("id").figures["slice"][0] >= manifest["until"]


def test_a_thousand_accounts_by_chance_are_enough(bad_champion, accounts, monkeypatch):
    monkeypatch.setattr(lifecycle, "MAX_COMPARED", 20)
    assert retrain(by="a test", reason="", now=NOW).decision.figures["accounts"] == 20


def test_a_champion_that_cannot_be_loaded_is_compared_as_the_prior_that_serves_in_its_place(bad_champion, accounts):
    bad_champion.artefact = b"damaged"
    bad_champion.save()
    assert not retrain(by="a test", reason="", now=NOW).decision.promote


def test_a_champion_that_changed_meanwhile_is_not_replaced(bad_champion, accounts, monkeypatch):
    other = register(model=GlobalModel.prior(), metrics={})

    def decide_and_change(pairs):
        make_champion(other)
        return decide(pairs)

    monkeypatch.setattr(lifecycle, "decide", decide_and_change)
    done = retrain(by="a test", reason="", now=NOW)
    assert not done.decision.promote
    assert "changed during the comparison" in done.decision.reason
    assert champion_id() == other.pk


def test_a_comparison_that_fails_is_recorded_and_raised(bad_champion, accounts, monkeypatch):
    def fail(*args: Any) -> Any:
        raise ArithmeticError("divides by zero")

    monkeypatch.setattr(GlobalModel, "predict", fail)
    version = register(model=GlobalModel.prior(), metrics={})
    with pytest.raises(ArithmeticError):
        call_command("promote_model", version.name)
    event = ModelEvent.objects.latest("id")
    assert (event.kind, event.from_version, event.to_version) == ("refused", bad_champion, version)
    assert "failed with ArithmeticError" in event.reason
    assert event.figures == {}
    assert champion_id() == bad_champion.pk


def test_the_same_data_gives_the_same_artefact_whoever_came_first(accounts):
    histories = synthetic_histories(22, 14, until=UNTIL, seed=3)
    first = lifecycle._train(NOW - lifecycle.SLICE).to_bytes()
    assert lifecycle._train(NOW - lifecycle.SLICE).to_bytes() == first
    names = {account.public_id: history for account, history in zip(accounts, histories, strict=True)}
    for account in accounts:
        account.delete()
    backwards = store(reversed(histories))
    for account, history in zip(backwards, reversed(histories), strict=True):
        account.public_id = next(name for name, known in names.items() if known is history)
        account.save()
    # posts have new random ids; only the order of posts of the same second depends on those
    assert lifecycle._train(NOW - lifecycle.SLICE).to_bytes() == first


def test_what_happened_after_the_slice_began_is_not_learned(accounts):
    as_of = NOW - lifecycle.SLICE
    before = lifecycle._train(as_of).to_bytes()
    for account in accounts:
        account.posts.filter(posted_at__gt=as_of).delete()
    assert lifecycle._train(as_of).to_bytes() == before


def test_followers_who_came_after_the_slice_began_are_not_learned_from(accounts):
    as_of = NOW - lifecycle.SLICE
    before = list(selectors.training_histories(as_of))
    for account in accounts:
        grown = 100 * account.follower_count
        FollowerCountFactory(account=account, observed_at=NOW, followers=grown)
        TikTokAccount.objects.filter(pk=account.pk).update(follower_count=grown)
    after, now = (list(selectors.training_histories(moment)) for moment in (as_of, NOW))
    assert [(a.followers, a.follower_counts) for a in after] == [(a.followers, a.follower_counts) for a in before]
    assert [a.followers for a in now] == [100 * a.followers for a in before]


def test_the_manifest_names_accounts_by_a_keyed_pseudonym(accounts, settings):
    version = retrain(by="a test", reason="", now=NOW).version
    names = [pseudonym(account.public_id) for account in accounts]
    assert version.manifest["pseudonyms"] == sorted(names)
    stored = json.dumps(version.manifest)
    assert not any(account.public_id in stored for account in accounts)
    assert {"build", "data_sha256", "libraries", "seed", "span", "rows", "until"} <= set(version.manifest)
    settings.SECRET_KEY = "another"
    assert pseudonym(accounts[0].public_id) not in names


def test_disconnected_accounts_are_not_learned_from(accounts):
    accounts[0].disconnected_at = NOW
    accounts[0].save()
    assert len(list(selectors.training_histories(NOW))) == len(accounts) - 1


def test_with_nothing_to_learn_nothing_is_registered():
    with pytest.raises(NothingToLearn, match="known first day"):
        retrain(by="a test", reason="")
    training_tasks.retrain_model(reason="drift")
    with pytest.raises(CommandError, match="known first day"):
        call_command("retrain_model")
    assert not ModelVersion.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_one_training_at_a_time(accounts, monkeypatch):
    training, go_on = threading.Event(), threading.Event()

    def slow_training(as_of):
        training.set()
        assert go_on.wait(20)
        raise RuntimeError("killed")

    def work():
        with pytest.raises(RuntimeError):
            retrain(by="a test", reason="")
        connection.close()

    with monkeypatch.context() as patched:
        patched.setattr(lifecycle, "_train", slow_training)
        worker = threading.Thread(target=work)
        worker.start()
        assert training.wait(20)
        with pytest.raises(AlreadyTraining):
            retrain(by="a test", reason="")
        with pytest.raises(CommandError, match="being trained"):
            call_command("retrain_model")
        training_tasks.retrain_model()
        go_on.set()
        worker.join(20)
    assert not ModelVersion.objects.exists()
    # and one that ended badly keeps no other from it
    assert retrain(by="a test", reason="", now=NOW).version


TRAINING = """
import sys, django
django.setup()
from predictions.training.services import _training_lock
with _training_lock():
    print("training", flush=True)
    sys.stdin.readline()
"""


@pytest.mark.django_db(transaction=True)
def test_a_training_that_was_killed_keeps_no_other_from_it():
    process = start_process(TRAINING)
    assert process.stdout
    assert process.stdout.readline() == "training\n"
    with pytest.raises(AlreadyTraining):
        retrain(by="a test", reason="")
    process.kill()
    process.communicate()

    def lock_is_free() -> bool:
        try:
            retrain(by="a test", reason="")
        except NothingToLearn:
            return True
        except AlreadyTraining:
            return False
        raise AssertionError("there was something to learn")

    wait_until(lock_is_free, "the lock of the dead is released")


DOOMED_TRAININGS = """
import os, django
django.setup()
from predictions.benchmarks import services as benchmarks
from predictions.training import services as training
def begin(reason="a release", **by):
    with open("{begun}", "a") as file:
        print(reason, file=file)
    if reason != "a small one":
        os.kill(os.getpid(), 9)
training.retrain = benchmarks.release_benchmarks = begin
from config.celery import app
app.worker_main(["worker", "--concurrency", "1", "--loglevel", "critical"])
"""


@pytest.mark.django_db(transaction=True)
def test_a_training_that_the_system_kills_is_not_delivered_again(tmp_path):
    """A worker with one process takes the next message only when it is done with the one before."""
    begun = tmp_path / "begun"
    begun.touch()
    training_tasks.retrain_model.delay(reason="too large a one")
    benchmarks_tasks.release_benchmarks.delay()
    training_tasks.retrain_model.delay(reason="a small one")
    worker = start_process(DOOMED_TRAININGS.format(begun=begun))
    try:
        wait_until(lambda: len(begun.read_text().splitlines()) == 3, "all three are begun", patience_s=90)
    finally:
        worker.terminate()
        worker.communicate(timeout=30)
    assert begun.read_text().splitlines() == ["too large a one", "a release", "a small one"]


def test_commands_say_what_was_decided(bad_champion, accounts, capsys):
    call_command("retrain_model", "--reason", "a test")
    printed = capsys.readouterr().out
    assert "Registered v1.1.0" in printed
    assert "It was promoted." in printed
    call_command("promote_model", "v1.0.0")
    assert "It was not promoted.\n" in capsys.readouterr().out
    call_command("promote_model", "v1.0.0", "--without-comparison", "We want it.")
    assert champion_id() == bad_champion.pk
    assert ModelEvent.objects.latest("id").reason == "We want it."
    call_command("rollback_model")
    assert "v1.1.0 serves from now on." in capsys.readouterr().out
    with pytest.raises(CommandError, match=r"no model version v9\.9\.9"):
        call_command("promote_model", "v9.9.9")


@pytest.mark.parametrize("options", [[], ["--without-comparison", "We want it."]], ids=["compared", "promoted"])
def test_the_champion_does_not_compete_with_itself(options, bad_champion, accounts, capsys):
    events = ModelEvent.objects.count()
    call_command("promote_model", bad_champion.name, *options)
    assert capsys.readouterr().out == "v1.0.0 serves already.\n"
    assert ModelEvent.objects.count() == events


# --- accounts that left ----------------------------------------------------------------------------------------------


def leaves(account: TikTokAccount, *, days_ago: float = 0.0) -> None:
    """The account is erased, or its person takes consent back: it is learned from no more."""
    disagree(account.user, Purpose.LEARNING)
    ForgottenAccount.objects.update(forgotten_at=timezone.now() - datetime.timedelta(days=days_ago))


def champion_that_learned_from(account: TikTokAccount) -> ModelVersion:
    manifest = GlobalModel.prior().manifest | {"pseudonyms": [pseudonym(account.public_id)]}
    model = dataclasses.replace(GlobalModel.prior(), manifest=manifest)
    return register(model=model, metrics={}, promote=True)


@pytest.fixture
def retrainings(monkeypatch) -> list[dict[str, Any]]:
    """How often and how retraining was asked for."""
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


# --- rollback ------------------------------------------------------------------------------------------------------


@pytest.fixture
def versions(trained_models, db) -> list[ModelVersion]:
    """Three, each promoted in its turn."""
    models = [*trained_models, GlobalModel.prior()]
    return [register(model=model, metrics={}, promote=True) for model in models]


def test_rolling_back_goes_back_step_by_step_to_the_prior(versions):
    for expected in (versions[1], versions[0], None):
        assert roll_back(champion_id=champion_id(), by="a test", reason="bad") == expected
        assert champion_id() == (expected.pk if expected else None)
    with pytest.raises(CannotRollBack, match="only the prior"):
        roll_back(champion_id=None, by="a test", reason="bad")
    kinds = list(ModelEvent.objects.values_list("kind", "by")[:3])
    assert kinds == [("rolled back", "a test")] * 3


def test_a_version_that_was_rolled_back_is_skipped_unless_promoted_again(versions):
    first, second, third = versions
    make_champion(first)
    for expected in (third, second, None):
        assert roll_back(champion_id=champion_id(), by="a test", reason="bad") == expected
    make_champion(first)
    make_champion(second)
    assert roll_back(champion_id=second.pk, by="a test", reason="bad") == first


def test_a_version_that_is_broken_is_passed_over(versions, capsys):
    ModelVersion.objects.filter(pk=versions[1].pk).update(artefact=b"gone")
    call_command("rollback_model")
    assert "v1.0.0 serves from now on." in capsys.readouterr().out
    assert champion_id() == versions[0].pk
    event = ModelEvent.objects.latest("id")
    assert (event.kind, event.from_version, event.to_version) == ("rolled back", versions[2], versions[0])


def test_a_version_that_learned_from_who_left_is_passed_over(versions):
    ModelVersion.objects.filter(pk=versions[1].pk).update(manifest={"pseudonyms": ["left"]})
    ForgottenAccount.objects.create(pseudonym="left")
    assert roll_back(champion_id=versions[2].pk, by="a test", reason="bad") == versions[0]


def test_where_no_earlier_version_can_be_read_it_ends_at_the_prior(versions, capsys):
    """After a release that reads none of them, say."""
    ModelVersion.objects.update(artefact=b"of another format")
    call_command("rollback_model")
    assert "The prior serves from now on." in capsys.readouterr().out
    assert champion_id() is None


def test_two_who_roll_back_at_once_go_back_once(versions):
    roll_back(champion_id=versions[2].pk, by="a test", reason="bad")
    with pytest.raises(CannotRollBack, match=r"changed meanwhile: v1\.1\.0 serves"):
        roll_back(champion_id=versions[2].pk, by="another", reason="bad")
    assert champion_id() == versions[1].pk


def staff(*permissions: str) -> Client:
    person = StaffFactory(is_superuser=False)
    person.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client = Client(enforce_csrf_checks=True)
    verify(client, person)
    return client


def test_staff_with_the_permission_roll_back_in_the_admin(versions):
    client = staff("view_modelversion", "roll_back_modelversion")
    assert ROLL_BACK in client.get("/admin/predictions/modelversion/").content.decode()
    page = client.get(ROLL_BACK)
    assert "Roll back to v1.1.0" in page.content.decode()
    assert champion_id() == versions[2].pk
    form = {"champion": versions[2].pk, "reason": "It overshoots."}
    assert client.post(ROLL_BACK, form).status_code == 403
    form["csrfmiddlewaretoken"] = page.context["csrf_token"]
    done = client.post(ROLL_BACK, form, follow=True)
    assert "From now on v1.1.0 serves." in done.content.decode()
    assert champion_id() == versions[1].pk
    event = ModelEvent.objects.latest("id")
    assert (event.by, event.reason) == (done.context["user"].username, "It overshoots.")
    # the same form again, as by a second click
    again = client.post(ROLL_BACK, form, follow=True)
    assert "changed meanwhile" in again.content.decode()
    assert champion_id() == versions[1].pk


def test_staff_without_the_permission_do_not(versions):
    client = staff("view_modelversion", "change_modelversion")
    client.handler.enforce_csrf_checks = False
    assert ROLL_BACK not in client.get("/admin/predictions/modelversion/").content.decode()
    assert client.get(ROLL_BACK).status_code == 403
    assert client.post(ROLL_BACK, {"champion": versions[2].pk}).status_code == 403
    assert Client().get(ROLL_BACK).status_code == 302
    assert champion_id() == versions[2].pk


def test_the_admin_shows_decisions_and_says_when_there_is_nothing_to_go_back_to(versions):
    client = Client()
    verify(client, StaffFactory())
    event = ModelEvent.objects.latest("id")
    for address in ("modelevent/", f"modelevent/{event.pk}/change/", "forecastfailure/", "modelversion/"):
        assert client.get(f"/admin/predictions/{address}").status_code == 200
    make_champion(None)
    assert "only the prior" in client.get(ROLL_BACK, follow=True).content.decode()


WORKER = """
import sys, threading, django
django.setup()
from django.db import connection
from tests.predictions.drafts import predict
from accounts.models import TikTokAccount
stop, given = threading.Event(), []
def work():
    account = TikTokAccount.objects.select_related("user").get()
    while not stop.is_set():
        given.append(predict(account).prediction.pk)
    connection.close()
threads = [threading.Thread(target=work) for _ in range(2)]
for thread in threads: thread.start()
sys.stdin.readline()
stop.set()
for thread in threads: thread.join()
print(*given)
"""


def forecasts_reach(given, count: int) -> None:
    wait_until(lambda: given.count() >= count, f"{count} forecasts")


@pytest.mark.django_db(transaction=True)
def test_a_rollback_reaches_every_worker_and_fails_no_request(trained_models, learned_account):
    """Two processes with two threads each forecast without a pause while the champion changes under them."""
    old, new = (register(model=model, metrics={}, promote=True) for model in trained_models)
    workers = [start_process(WORKER) for _ in range(2)]
    given = learned_account.predictions
    try:
        forecasts_reach(given, 20)
        roll_back(champion_id=new.pk, by="a test", reason="bad")
        rolled_back_at = timezone.now()
        forecasts_reach(given.filter(model_version=old), 30)
        ended = [worker.communicate("stop\n", timeout=60) for worker in workers]
    finally:
        for worker in workers:
            worker.kill()
    assert [worker.returncode for worker in workers] == [0, 0]
    # every forecast that was asked for was given and recorded: no thread died of an error
    assert sorted(int(key) for out, _ in ended for key in out.split()) == sorted(given.values_list("pk", flat=True))
    assert not any("Traceback" in complaints for _, complaints in ended)
    assert all(len(out.split()) > 3 for out, _ in ended)
    by_new = given.filter(model_version=new)
    assert by_new.exists()
    assert not by_new.filter(created_at__gt=rolled_back_at + datetime.timedelta(minutes=1)).exists()
    assert set(given.order_by("-pk").values_list("model_version", flat=True)[:20]) == {old.pk}


def test_files_give_pseudonyms_too(tmp_path: Path):
    from tests.predictions.test_train_model import write_history

    call_command("train_model", str(write_history(tmp_path / "a.csv", accounts=2, seed=1)))
    names = ModelVersion.objects.get().manifest["pseudonyms"]
    assert names == sorted(pseudonym(f"1-account-{number}") for number in range(2))
