"""A canary: always the same accounts, never a failed request, and over when it fails or is slow."""

import dataclasses
import datetime
import math
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from accounts.models import TikTokAccount
from predictions.engine import Effect, Forecast, GlobalModel, forecast
from predictions.engine.types import Range
from predictions.forecasts import services as forecasts_services
from predictions.learning import selectors as learning_selectors
from predictions.learning import services as learning_services
from predictions.models import AccountWeights, ForecastFailure, ForgottenAccount, ModelEvent, ModelVersion, Prediction
from predictions.training import tasks as training_tasks
from predictions.versions import artefacts as versions_artefacts
from predictions.versions import canary as canary_module
from predictions.versions import registry as versions_registry
from predictions.versions import selectors
from predictions.versions import services as versions_services
from predictions.versions import tasks as versions_tasks
from predictions.versions.artefacts import RefusedArtefact
from predictions.versions.canary import MIN_FAILURES, MIN_FORECASTS, watch_canary
from predictions.versions.services import CannotStartCanary, make_champion, register, start_canary
from tests.factories import PredictionFactory, TikTokAccountFactory, history_of_posts
from tests.predictions.drafts import predict

pytestmark = pytest.mark.django_db


@pytest.fixture
def challenger(champion: ModelVersion, trained_models: tuple[GlobalModel, GlobalModel]) -> ModelVersion:
    return register(model=trained_models[1], metrics={})


@pytest.fixture
def canary(challenger: ModelVersion) -> ModelVersion:
    """It serves everybody, so that tests need not look for an account of its share."""
    start_canary(version=challenger, share=1.0, by="a test")
    return challenger


def running() -> bool:
    return ModelVersion.objects.filter(canary_share__gt=0).exists()


def served_by_canary() -> set[int]:
    accounts = TikTokAccount.objects.annotate(canary_id=selectors.CANARY_ID)
    return set(accounts.exclude(canary_id=None).values_list("pk", flat=True))


def test_a_share_of_accounts_is_served_and_always_the_same(challenger):
    person = TikTokAccountFactory().user
    TikTokAccount.objects.bulk_create(
        TikTokAccountFactory.build(user=person, open_id=f"canary-{number}") for number in range(1000)
    )
    assert served_by_canary() == set()
    start_canary(version=challenger, share=0.05, by="a test")
    few = served_by_canary()
    assert 25 <= len(few) <= 80
    assert served_by_canary() == few
    start_canary(version=challenger, share=0.5, by="a test")
    many = served_by_canary()
    assert few < many
    assert 430 <= len(many) <= 570
    start_canary(version=challenger, share=1.0, by="a test")
    assert len(served_by_canary()) == 1001
    # another challenger does not try its luck on the same people
    versions_services.end_canary(by="a test", reason="")
    other = register(model=GlobalModel.prior(), metrics={})
    start_canary(version=other, share=0.05, by="a test")
    assert len(served_by_canary() & few) < len(few) / 2


def leave(version: ModelVersion) -> None:
    """An account that the version learned from is erased, or its person takes consent back."""
    ForgottenAccount.objects.create(pseudonym=version.manifest["pseudonyms"][0])


def test_a_version_that_learned_from_who_left_is_not_tried(challenger):
    leave(challenger)
    with pytest.raises(CannotStartCanary, match=r"v1\.1\.0 learned from an account that left since"):
        start_canary(version=challenger, share=0.05, by="a test")
    assert not running()


def test_a_canary_ends_when_an_account_that_it_learned_from_leaves(canary):
    training_tasks.leave_forgotten_behind()
    assert running()
    leave(canary)
    training_tasks.leave_forgotten_behind()
    assert not running()
    assert "left since" in ModelEvent.objects.latest("id").reason


def test_its_forecasts_are_recorded_as_its_own_at_the_same_cost(
    champion, learned_account, canary, django_assert_num_queries
):
    assert learning_services.update_weights(account_id=learned_account.pk)
    result = predict(learned_account)
    assert result.model_version == canary.name
    assert result.prediction.model_version == canary
    assert result.prediction.warnings == []
    with django_assert_num_queries(2):
        predict(learned_account)


def test_accounts_outside_the_share_stay_with_the_champion(champion, challenger, learned_account):
    ModelVersion.objects.filter(pk=challenger.pk).update(canary_share=1e-12)
    assert predict(learned_account).model_version == champion.name


def test_weights_are_learned_with_the_model_that_serves_the_account(champion, canary, account):
    history_of_posts(account, count=5, until=timezone.now())
    assert learning_services.update_weights(account_id=account.pk)
    assert AccountWeights.objects.get().model_version == canary
    assert not learning_selectors.stale_accounts(timezone.now()).exists()
    versions_services.end_canary(by="a test", reason="")
    assert list(learning_selectors.stale_accounts(timezone.now())) == [account]
    assert learning_services.update_weights(account_id=account.pk)
    assert AccountWeights.objects.get().model_version == champion


class Broken(GlobalModel):
    def predict(self, *args: Any) -> Any:
        raise ArithmeticError("this challenger divides by zero")


def make_broken(monkeypatch: pytest.MonkeyPatch, version: ModelVersion, kind: type[GlobalModel] = Broken) -> None:
    """From now on, that version's model fails whenever it is used."""
    good = versions_artefacts.load

    def load(loaded: ModelVersion) -> GlobalModel:
        model = good(loaded)
        if loaded.pk != version.pk:
            return model
        return kind(*(getattr(model, name) for name in GlobalModel.__slots__))

    monkeypatch.setattr(versions_registry, "load", load)


def test_a_challenger_that_raises_fails_no_request_and_is_ended_at_once(
    champion, learned_account, canary, monkeypatch, client_of
):
    make_broken(monkeypatch, canary)
    for number in range(MIN_FAILURES):
        assert running(), number
        body = {"account_id": learned_account.public_id, "post": {"text": "hello"}}
        answer = client_of.post("/predict", body, format="json")
        assert answer.status_code == 200
        assert answer.json()["model_version"] == champion.name
    assert not running()
    assert list(ForecastFailure.objects.values_list("model_version", "error")) == [(canary.pk, "ArithmeticError")] * 3
    event = ModelEvent.objects.latest("id")
    assert (event.kind, event.from_version, event.to_version) == ("canary ended", champion, canary)
    assert event.reason.startswith("It failed in 100.0% of 3 forecasts")
    assert event.figures["canary"]["failures"] == 3
    predict(learned_account)
    assert ForecastFailure.objects.count() == MIN_FAILURES


def without_high(given: Forecast) -> Forecast:
    return dataclasses.replace(given, high=math.nan)


def without_baseline(given: Forecast) -> Forecast:
    return dataclasses.replace(given, baseline=math.nan)


def without_views(given: Forecast) -> Forecast:
    return dataclasses.replace(given, metrics=given.metrics | {"views": math.nan})


def without_an_end_of_likes(given: Forecast) -> Forecast:
    return dataclasses.replace(given, measures=given.measures | {"likes": Range(0.0, 1.0, math.inf)})


def without_an_end_of_the_rate(given: Forecast) -> Forecast:
    return dataclasses.replace(given, engagement_rate=Range(0.0, 0.5, math.inf))


def without_an_effect(given: Forecast) -> Forecast:
    return dataclasses.replace(given, explanation=(Effect("hour", math.nan),))


SPOILINGS = [
    *(without_high, without_baseline, without_views),
    *(without_an_end_of_likes, without_an_end_of_the_rate, without_an_effect),
]


@pytest.mark.parametrize("spoil", SPOILINGS)
def test_nan_and_infinity_are_failures_too(spoil, champion, learned_account, canary, registry, monkeypatch, client_of):
    def not_a_number(model, *args, **kwargs):
        given = forecast(model, *args, **kwargs)
        return given if model is registry.serving(champion.pk).model else spoil(given)

    monkeypatch.setattr(forecasts_services, "forecast", not_a_number)
    body = {"account_id": learned_account.public_id, "post": {"text": "hello"}, "explain": True}
    answer = client_of.post("/predict", body, format="json")
    assert answer.status_code == 200
    assert answer.json()["model_version"] == champion.name
    assert ForecastFailure.objects.get().error == "ImpossibleForecast"


def test_a_challenger_whose_artefact_was_changed_is_ended(champion, learned_account, canary):
    ModelVersion.objects.filter(pk=canary.pk).update(artefact=b"changed")
    for _ in range(MIN_FAILURES):
        assert predict(learned_account).model_version == champion.name
    assert not running()


def test_a_challenger_that_cannot_learn_an_account_is_ended(champion, canary, account, monkeypatch):
    make_broken(monkeypatch, canary)
    history_of_posts(account, count=5, until=timezone.now())
    for _ in range(MIN_FAILURES):
        assert running()
        assert learning_services.update_weights(account_id=account.pk)
        # the champion learns in its place
        assert AccountWeights.objects.get().model_version == champion
    assert not running()
    assert not learning_selectors.stale_accounts(timezone.now()).exists()


def fail(*args: Any, **kwargs: Any) -> Any:
    raise ValueError("whatever the model")


@pytest.mark.parametrize(
    ("module", "name"),
    [(learning_services, "learn_and_replay"), (learning_selectors, "account_history")],
    ids=["learned", "read"],
)
def test_an_account_that_no_model_can_learn_ends_no_canary(module, name, champion, canary, account, monkeypatch):
    history_of_posts(account, count=5, until=timezone.now())
    monkeypatch.setattr(module, name, fail)
    for _ in range(MIN_FAILURES):
        with pytest.raises(ValueError, match="whatever the model"):
            learning_services.update_weights(account_id=account.pk)
    assert running()
    assert not ForecastFailure.objects.filter(model_version=canary).exists()


def test_an_account_that_no_model_can_forecast_ends_no_canary(champion, canary, learned_account, monkeypatch):
    forecasts(champion, 100, 10.0, learned_account)
    monkeypatch.setattr(forecasts_services, "forecast", fail)
    for _ in range(MIN_FAILURES):
        with pytest.raises(ValueError, match="whatever the model"):
            predict(learned_account)
    assert running()
    assert set(ForecastFailure.objects.values_list("model_version", flat=True)) == {champion.pk}


def test_a_champion_that_raises_is_counted_and_not_hidden(champion, learned_account, registry, monkeypatch):
    make_broken(monkeypatch, champion)
    registry.__init__()
    with pytest.raises(ArithmeticError):
        predict(learned_account)
    assert ForecastFailure.objects.get().model_version == champion


def forecasts(version: ModelVersion, count: int, latency_ms: float, account: TikTokAccount) -> None:
    Prediction.objects.bulk_create(
        PredictionFactory.build(account=account, model_version=version, latency_ms=latency_ms + number % 10)
        for number in range(count)
    )


def test_a_canary_that_does_well_goes_on(champion, canary, account):
    forecasts(champion, MIN_FORECASTS, 10.0, account)
    forecasts(canary, MIN_FORECASTS, 11.0, account)
    ForecastFailure.objects.create(model_version=canary, error="One")
    versions_tasks.watch_canary()
    assert running()


def test_a_slow_canary_is_ended(champion, canary, account):
    forecasts(champion, MIN_FORECASTS, 10.0, account)
    forecasts(canary, MIN_FORECASTS, 60.0, account)
    versions_tasks.watch_canary()
    assert not running()
    event = ModelEvent.objects.latest("id")
    assert "Nine in ten of its forecasts took up to" in event.reason
    assert event.figures["canary"]["p90_ms"] > event.figures["champion"]["p90_ms"]


def test_a_slow_canary_that_serves_everybody_is_ended(champion, challenger, account):
    """The champion has answered nobody since it began, nor within the last half an hour."""
    forecasts(champion, MIN_FORECASTS, 10.0, account)
    Prediction.objects.update(created_at=timezone.now() - datetime.timedelta(hours=1))
    start_canary(version=challenger, share=1.0, by="a test")
    forecasts(challenger, MIN_FORECASTS, 60.0, account)
    assert watch_canary() == challenger


def test_how_slow_an_earlier_canary_of_it_was_does_not_count(champion, challenger, account):
    forecasts(champion, MIN_FORECASTS, 10.0, account)
    forecasts(challenger, MIN_FORECASTS, 60.0, account)
    start_canary(version=challenger, share=1.0, by="a test")
    assert watch_canary() is None


def test_few_forecasts_show_no_slowness(champion, canary, account):
    forecasts(champion, MIN_FORECASTS, 10.0, account)
    forecasts(canary, MIN_FORECASTS - 1, 60.0, account)
    assert watch_canary() is None


def test_failures_are_compared_with_the_champions(champion, canary, account):
    """Whatever makes both fail is not the canary's fault."""
    for version in (champion, canary):
        forecasts(version, 10, 10.0, account)
        ForecastFailure.objects.bulk_create(ForecastFailure(model_version=version, error="Both") for _ in range(5))
    assert watch_canary() is None
    assert running()


def test_only_the_recent_past_counts(champion, canary, account):
    ForecastFailure.objects.bulk_create(ForecastFailure(model_version=canary, error="Old") for _ in range(5))
    ForecastFailure.objects.update(at=timezone.now() - datetime.timedelta(hours=1))
    ModelEvent.objects.update(at=timezone.now() - datetime.timedelta(hours=2))
    assert watch_canary() is None
    assert watch_canary(now=timezone.now() - datetime.timedelta(minutes=40)) == canary


def test_a_new_champion_ends_the_canary(champion, canary):
    other = register(model=GlobalModel.prior(), metrics={}, promote=True)
    assert not running()
    assert ModelEvent.objects.filter(kind=ModelEvent.Kind.CANARY_ENDED, to_version=canary).exists()
    make_champion(canary)
    assert ModelVersion.objects.get(pk=canary.pk).canary_share == 0
    assert ModelVersion.objects.get(role="champion") != other


@pytest.mark.parametrize("share", [0.0, -0.1, 1.1, math.nan])
def test_a_share_is_a_share(share, challenger):
    with pytest.raises(CannotStartCanary, match=r"0\.05"):
        start_canary(version=challenger, share=share, by="a test")


def test_a_canary_that_cannot_start_is_refused_with_a_reason(champion, canary, trained_models):
    with pytest.raises(CannotStartCanary, match="is the champion"):
        start_canary(version=champion, share=0.1, by="a test")
    other = register(model=trained_models[0], metrics={})
    with pytest.raises(CannotStartCanary, match="is on canary; end that first"):
        start_canary(version=other, share=0.1, by="a test")
    versions_services.end_canary(by="a test", reason="")
    ModelVersion.objects.filter(pk=other.pk).update(artefact=b"broken")
    with pytest.raises(CannotStartCanary, match="not the one that was registered"):
        start_canary(version=other, share=0.1, by="a test")
    assert not running()


def test_the_command(champion, challenger, capsys):
    call_command("canary_model", challenger.name, "--share", "0.05")
    assert "v1.1.0 serves 5.0% of accounts" in capsys.readouterr().out
    assert ModelVersion.objects.get(pk=challenger.pk).canary_share == 0.05
    call_command("canary_model", "--end")
    call_command("canary_model", "--end")
    assert "has ended.\nNo canary runs." in capsys.readouterr().out
    with pytest.raises(CommandError, match="is the champion"):
        call_command("canary_model", champion.name, "--share", "0.05")
    with pytest.raises(CommandError, match="no model version"):
        call_command("canary_model", "v9.9.9", "--share", "0.05")
    with pytest.raises(CommandError, match="Name a model version"):
        call_command("canary_model", "--share", "0.05")


def test_a_worker_holds_two_models_at_most(champion, challenger, trained_models, registry):
    registry.serving(champion.pk)
    assert registry.challenger(challenger.pk).version_id == challenger.pk
    third = register(model=trained_models[0], metrics={})
    held = registry.challenger(third.pk)
    assert registry._challenger is held
    # promoted, it is the same object and not a third one
    assert registry.serving(third.pk) is held
    assert registry.challenger(challenger.pk).version_id == challenger.pk
    # another champion: the canary ended with the one before
    assert registry.serving(champion.pk).version_id == champion.pk
    assert registry._challenger is None
    ModelVersion.objects.filter(pk=challenger.pk).update(artefact=b"broken")
    for _ in range(2):
        with pytest.raises(RefusedArtefact):
            registry.challenger(challenger.pk)


def test_while_one_thread_loads_the_challenger_the_champion_answers(champion, learned_account, canary, registry):
    registry.serving(champion.pk)
    with registry._loading:
        assert registry.challenger(canary.pk) is None
        assert predict(learned_account).model_version == champion.name
    assert predict(learned_account).model_version == canary.name
    assert not ForecastFailure.objects.exists()
    assert canary_module.watch_canary() is None
