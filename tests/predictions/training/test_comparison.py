"""A challenger is compared with the champion: promoted, or kept with the reason."""

import dataclasses
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from predictions.engine import GlobalModel
from predictions.engine.evaluation.promotion import decide
from predictions.models import ModelEvent, ModelVersion
from predictions.training import services as lifecycle
from predictions.training.services import challenge, retrain
from predictions.versions.artefacts import RefusedArtefact, load
from predictions.versions.selectors import champion_id
from predictions.versions.services import make_champion, register
from tests.predictions.histories import DAY
from tests.predictions.training.support import NOW, UNTIL, erratic, role

pytestmark = pytest.mark.django_db


def test_a_challenger_that_wins_is_promoted(bad_champion, accounts):
    done = retrain(by="a test", reason="The audience changed.", now=NOW)
    assert done.decision.promote, done.decision.reason
    assert (role(done.version), role(bad_champion)) == ("champion", "retired")
    event = ModelEvent.objects.latest("id")
    assert (event.kind, event.from_version, event.to_version) == ("promoted", bad_champion, done.version)
    assert (event.by, event.reason) == ("a test", done.decision.reason)
    assert event.figures["accounts"] == 22
    assert event.figures["all"]["mape"]["upper"] < 0
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
