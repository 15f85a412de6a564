"""What a worker remembers of learned accounts and captions: it saves work, and never outlives what it rests on."""

from datetime import timedelta

import numpy as np
import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import REGISTRY

from accounts.models import TikTokAccount
from posts.content.captions import measure_caption
from posts.content.lately import measure_draft
from posts.models import PostsChange
from predictions.engine import GlobalModel, LearnedAccount, learn_account
from predictions.forecasts.answering import OTHER_MODEL, AccountNotFound, account_to_forecast
from predictions.forecasts.selectors import accounts_for_forecast
from predictions.learning import memory as memories
from predictions.learning import services as learning_services
from predictions.learning.memory import Memory, Remembered, memory
from predictions.models import Experiment, Prediction, SuggestionSwitch
from predictions.versions.services import register, roll_back
from privacy.consent.selectors import NoConsent
from privacy.purposes import Purpose
from tests.engine.synthetic import account as synthetic_account
from tests.factories import ExperimentFactory, disagree, history_of_posts
from tests.predictions.drafts import predict

pytestmark = pytest.mark.django_db


@pytest.fixture
def remembered(champion, learned_account):
    """An account of which this worker has just made a forecast."""
    predict(learned_account)
    [served] = accounts_for_forecast(learned_account.user, learned_account.public_id)
    assert (served.state, served.weights_version) == (None, 1)
    assert served.remembered is not None
    return learned_account


def test_a_person_with_one_account_need_not_name_it_for_it_to_be_remembered(remembered):
    [served] = accounts_for_forecast(remembered.user, None)
    assert (served.state, served.remembered is None) == (None, False)


def test_a_remembered_account_gets_the_same_forecast(remembered):
    now = timezone.now()
    again = predict(remembered, now=now, publish_at=now)
    memory.forget(remembered.user_id)
    anew = predict(remembered, now=now, publish_at=now)
    for column in ("point", "typical", "low", "high", "measures", "suggestions", "warnings", "weights_version"):
        assert getattr(again.prediction, column) == getattr(anew.prediction, column), column


def test_what_was_found_in_memory_is_counted(remembered):
    def found(answer: str) -> list[float]:
        names = ("postcast_account_memory_lookups_total", "postcast_caption_memory_lookups_total")
        return [REGISTRY.get_sample_value(name, {"found": answer}) or 0.0 for name in names]

    yes, no = found("yes"), found("no")
    predict(remembered)
    assert found("yes") == [count + 1 for count in yes]
    assert found("no") == no


def test_what_is_learned_anew_counts_at_once(remembered):
    before = predict(remembered).prediction
    history_of_posts(remembered, count=8, until=timezone.now() - timedelta(days=60))
    PostsChange.objects.filter(account=remembered).update(sequence=2)
    assert learning_services.update_weights(account_id=remembered.pk)
    after = predict(remembered).prediction
    assert (before.weights_version, after.weights_version) == (1, 2)
    assert after.typical != before.typical


def test_a_withdrawal_counts_at_once(remembered):
    disagree(remembered.user, Purpose.SERVICE)
    with pytest.raises(NoConsent):
        predict(remembered)
    assert Prediction.objects.count() <= 1


def test_an_erased_account_is_forgotten_with_the_next_question(remembered):
    TikTokAccount.objects.filter(pk=remembered.pk).delete()
    with pytest.raises(AccountNotFound):
        account_to_forecast(remembered.user, remembered.public_id)
    assert memory.find(remembered.user_id, remembered.public_id) is None


def test_a_disconnected_account_says_so_at_once(remembered):
    TikTokAccount.objects.filter(pk=remembered.pk).update(disconnected_at=timezone.now())
    assert [warning["code"] for warning in predict(remembered).data.warnings] == ["disconnected"]


def test_a_new_champion_and_a_rollback_count_at_once(remembered, champion, trained_models):
    first = predict(remembered)
    new = register(model=trained_models[1], metrics={}, promote=True)
    second = predict(remembered)
    assert (first.model_version, second.model_version) == (champion.name, new.name)
    assert OTHER_MODEL in second.prediction.warnings
    assert first.prediction.typical != second.prediction.typical
    roll_back(champion_id=new.pk, by="tests", reason="a test")
    third = predict(remembered)
    assert third.model_version == champion.name
    assert OTHER_MODEL not in third.prediction.warnings


def test_switched_off_and_answered_features_count_at_once(remembered):
    SuggestionSwitch.objects.create(feature="question", changed_at=timezone.now())
    ExperimentFactory(account=remembered, state=Experiment.State.ANSWERED)
    [served] = accounts_for_forecast(remembered.user, remembered.public_id)
    assert served.remembered is not None
    assert (served.switched_off, served.answered) == (["question"], ["question"])
    advice = predict(remembered).advice
    assert advice is not None
    assert "question" in (advice.note or "")


def learned() -> LearnedAccount:
    return learn_account(GlobalModel.prior(), synthetic_account("somebody", 3), as_of=2_000_000_000)


def test_the_memory_holds_no_more_than_its_bytes():
    each = Remembered(1, 1, learned())
    small = Memory(max_bytes=int(2.5 * each.bytes))
    for number in range(5):
        small.keep(7, f"acct_{number}", Remembered(number, 1, each.learned))
    assert [small.find(7, f"acct_{number}") is not None for number in range(5)] == [False, False, False, True, True]
    tiny = Memory(max_bytes=each.bytes - 1)
    tiny.keep(7, "acct_1", each)
    assert tiny.find(7, "acct_1") is None


def test_an_account_is_let_go_after_some_minutes(monkeypatch):
    monkeypatch.setattr(memories, "MAX_AGE_S", 0.0)
    short = Memory()
    short.keep(7, "acct_1", Remembered(1, 1, learned()))
    assert short.find(7, "acct_1") is None


@given(st.text(max_size=60), st.lists(st.text("ab#", min_size=1, max_size=3), max_size=2))
def test_a_draft_is_measured_as_any_caption(text, hashtags):
    expected = measure_caption(text, hashtags)
    for _ in range(2):
        measured = measure_draft(text, hashtags)
        np.testing.assert_array_equal(measured.embedding, expected.embedding)
        for name in ("length", "words", "sentiment", "language", "hashtags", "hook", "emoji", "call_to_action"):
            assert getattr(measured, name) == getattr(expected, name), name
    assert measure_draft(text, hashtags) is measure_draft(text, hashtags)
