"""Learning an account: what makes its weights stale, and that learning them is safe to repeat and to do at once."""

import dataclasses
import datetime
import threading
from typing import Any

import numpy as np
import pytest
from django.db import connection
from django.utils import timezone

from posts.content.captions import measure_caption
from posts.ingest.signals import posts_changed
from posts.models import PostsChange
from predictions.engine import (
    AccountHistory,
    Counts,
    Draft,
    PublishedPost,
    forecast,
    learn_account,
    learn_and_replay,
)
from predictions.forecasts import answering
from predictions.learning import selectors, tasks
from predictions.learning import services as learning_services
from predictions.models import AccountWeights, ForecastError
from predictions.versions.registry import Registry
from predictions.versions.services import register
from privacy.purposes import Purpose
from tests.factories import CAPTIONS, PostFactory, TikTokAccountFactory, history_of_posts
from tests.predictions.drafts import predict

pytestmark = pytest.mark.django_db

HOUR = datetime.timedelta(hours=1)


def stale(now: datetime.datetime | None = None) -> list[int]:
    return list(selectors.stale_accounts(now or timezone.now()).values_list("pk", flat=True))


def test_weights_are_learned_stored_and_used(champion, account):
    history_of_posts(account, count=30, until=timezone.now())
    assert learning_services.update_weights(account_id=account.pk)
    weights = AccountWeights.objects.get(account=account)
    assert (weights.version, weights.model_version, weights.posts_sequence) == (1, champion, 1)
    assert weights.posts > 20
    assert weights.summary
    result = predict(account)
    assert result.prediction.basis == "account"
    assert result.prediction.weights_version == 1
    assert result.prediction.baseline
    assert result.weights_updated_at == weights.updated_at


def test_learning_twice_changes_nothing(learned_account):
    before = AccountWeights.objects.values().get()
    assert not learning_services.update_weights(account_id=learned_account.pk)
    assert AccountWeights.objects.values().get() == before


def test_an_account_without_posts_or_that_is_gone_is_nothing_to_learn(account):
    assert not learning_services.update_weights(account_id=account.pk)
    assert not learning_services.update_weights(account_id=0)
    assert not AccountWeights.objects.exists()


def test_weights_learned_with_the_prior_stay_fresh(learned_account):
    assert AccountWeights.objects.get().model_version is None
    assert stale() == []


def test_new_posts_make_weights_stale(champion, learned_account):
    assert stale() == []
    PostsChange.objects.filter(account=learned_account).update(sequence=2)
    assert stale() == [learned_account.pk]
    assert learning_services.update_weights(account_id=learned_account.pk)
    assert stale() == []
    assert AccountWeights.objects.get().version == 2


def test_a_new_champion_makes_weights_stale(trained_models, champion, learned_account):
    new = register(model=trained_models[1], metrics={}, promote=True)
    assert stale() == [learned_account.pk]
    assert learning_services.update_weights(account_id=learned_account.pk)
    assert AccountWeights.objects.get().model_version == new
    assert stale() == []


def test_a_label_that_matures_makes_weights_stale(champion, learned_account):
    fresh = PostFactory(account=learned_account, posted_at=timezone.now() - 20 * HOUR, likes_by_hour={1: 30, 6: 90})
    learning_services.update_weights(account_id=learned_account.pk)
    assert stale(timezone.now() + 3 * HOUR) == []
    matured = fresh.posted_at + 24 * HOUR
    assert stale(matured) == [learned_account.pk]
    assert learning_services.update_weights(account_id=learned_account.pk, now=matured)
    assert stale(matured) == []


def test_an_account_that_was_never_learned_is_stale(account):
    assert stale() == []
    history_of_posts(account, count=1, until=timezone.now())
    assert stale() == [account.pk]


def test_with_a_refused_champion_the_prior_learns_and_forecasts(champion, account):
    champion.artefact = b"of another format"
    champion.save()
    history_of_posts(account, count=30, until=timezone.now())
    assert learning_services.update_weights(account_id=account.pk)
    assert AccountWeights.objects.get().model_version is None
    assert set(ForecastError.objects.values_list("model_version", flat=True)) == {None}
    assert stale() == []
    assert not learning_services.update_weights(account_id=account.pk)
    given = predict(account).prediction
    assert (given.model_version, given.weights_version) == (None, 1)
    assert given.baseline
    assert any("not available at the moment" in warning for warning in given.warnings)
    assert not {answering.NOT_LEARNED, answering.OTHER_MODEL} & set(given.warnings)


def test_with_a_refused_champion_accounts_are_learned_with_the_prior(champion, learned_account, registry):
    """As after a release; a worker that still runs the old code goes on with the champion and its weights."""
    before = Registry()
    before.serving(champion.pk)
    champion.artefact = b"of another format"
    champion.save()
    registry._current = None
    assert stale() == [learned_account.pk]
    assert learning_services.update_weights(account_id=learned_account.pk)
    assert stale() == []
    vars(registry).update(vars(before))
    assert predict(learned_account).model_version == champion.name
    assert stale() == [learned_account.pk]
    assert learning_services.update_weights(account_id=learned_account.pk)
    assert AccountWeights.objects.get().model_version == champion


def test_all_workers_that_refuse_a_champion_learn_with_the_prior(trained_models, champion, learned_account, registry):
    """Whatever each held before, or they would learn each account over and over."""
    registry.serving(champion.pk)
    refused = register(model=trained_models[1], metrics={}, promote=True)
    refused.artefact = b"of another format"
    refused.save()
    assert predict(learned_account).model_version == champion.name
    assert learning_services.update_weights(account_id=learned_account.pk)
    assert AccountWeights.objects.get().model_version is None


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_learn_once(champion, account, registry, monkeypatch):
    history_of_posts(account, count=10, until=timezone.now())
    registry.serving(champion.pk)
    together = threading.Barrier(3)
    learned: list[bool] = []
    runs = []

    def learn_and_count(*args, **kwargs):
        runs.append(args)
        return learn_and_replay(*args, **kwargs)

    monkeypatch.setattr(learning_services, "learn_and_replay", learn_and_count)

    def work() -> None:
        together.wait(10)
        learned.append(learning_services.update_weights(account_id=account.pk))
        connection.close()

    workers = [threading.Thread(target=work) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(30)
    assert sorted(learned) == [False, False, True]
    assert len(runs) == 1
    assert AccountWeights.objects.get().version == 1


@pytest.mark.django_db(transaction=True)
def test_a_change_while_learning_leaves_the_weights_stale(champion, account, monkeypatch):
    history_of_posts(account, count=5, until=timezone.now())

    def change_meanwhile(*args, **kwargs):
        PostsChange.objects.filter(account=account).update(sequence=2)
        return learn_and_replay(*args, **kwargs)

    monkeypatch.setattr(learning_services, "learn_and_replay", change_meanwhile)
    assert learning_services.update_weights(account_id=account.pk)
    assert stale() == [account.pk]


@pytest.fixture
def sent(monkeypatch) -> list[int]:
    """The accounts for which a task was sent to the queue."""
    accounts: list[int] = []
    monkeypatch.setattr(tasks.update_weights, "apply_async", lambda args, countdown: accounts.extend(args))
    return accounts


def test_the_pages_of_a_refresh_are_learned_together(account, sent):
    for _ in range(5):
        posts_changed.send(sender=PostsChange, account_id=account.pk)
    assert sent == [account.pk]


def test_a_change_after_the_task_began_is_not_lost(account, sent):
    posts_changed.send(sender=PostsChange, account_id=account.pk)
    tasks.update_weights(account.pk)
    posts_changed.send(sender=PostsChange, account_id=account.pk)
    assert sent == [account.pk] * 2


def test_beat_finds_what_the_signals_missed(sent):
    accounts = [TikTokAccountFactory() for _ in range(3)]
    for each in accounts[:2]:
        history_of_posts(each, count=1, until=timezone.now())
    tasks.update_stale_weights()
    assert sorted(sent) == [each.pk for each in accounts[:2]]
    for each in accounts:
        tasks.update_weights(each.pk)
    tasks.update_stale_weights()
    assert len(sent) == 2


def direct_history(account, until: int) -> AccountHistory:
    """What `history_of_posts` stores, made without the database."""
    posts = tuple(
        PublishedPost(
            post_id=post.public_id,
            posted_at=int(post.posted_at.timestamp()),
            caption=measure_caption(CAPTIONS[index % len(CAPTIONS)]),
            duration_s=float(post.duration_s),
            sound="",
            cover=None,
            observations=tuple(
                Counts(
                    int(seen.observed_at.timestamp()), *map(float, (seen.likes, seen.comments, seen.shares, seen.views))
                )
                for seen in post.observations.all()
            ),
        )
        for index, post in enumerate(account.posts.order_by("posted_at"))
    )
    counted = tuple((int(c.observed_at.timestamp()), float(c.followers)) for c in account.follower_counts.all())
    return AccountHistory(str(account.pk), float(account.follower_count), posts, counted)


def same(one: Any, other: Any) -> bool:
    """Equal to the last bit, arrays too."""
    if isinstance(one, np.ndarray):
        return bool(one.dtype == other.dtype and one.tobytes() == other.tobytes())
    if dataclasses.is_dataclass(one):
        return all(same(getattr(one, f.name), getattr(other, f.name)) for f in dataclasses.fields(one))
    if isinstance(one, tuple):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other)


def test_serving_forecasts_what_the_same_history_gives_directly(champion, trained_models, account):
    """No skew between training and serving: stored and read again, they are the same to the last bit."""
    now = timezone.now().replace(microsecond=0)
    history_of_posts(account, count=40, until=now)
    moment = int(now.timestamp())
    direct = direct_history(account, moment)

    assert same(selectors.account_history(account.pk, now, purpose=Purpose.SERVICE), direct)

    assert learning_services.update_weights(account_id=account.pk, now=now)
    served = predict(account, now=now, publish_at=now + 5 * HOUR, explain=True)
    draft = Draft(
        publish_at=moment + 5 * 3600,
        caption=measure_caption("Sunset at the pier #sunset"),
        duration_s=20.0,
        sound="",
        cover=None,
    )
    state = learn_account(trained_models[0], direct, as_of=moment)
    expected = forecast(trained_models[0], state, draft, as_of=moment, explain=True)
    given = served.prediction
    assert (given.point, given.typical, given.low, given.high) == (
        *(expected.point, expected.typical, expected.low, expected.high),
    )
    assert (given.bucket, given.baseline, given.metrics) == (expected.bucket, expected.baseline, expected.metrics)
    assert given.explanation == [dataclasses.asdict(effect) for effect in expected.explanation]
