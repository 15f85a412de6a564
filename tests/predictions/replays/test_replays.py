"""Replays of real rows: what makes one stale, that it is stored, told by the API, and what its sentences say."""

import datetime
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import TikTokAccount
from accounts.tokens.services import create_api_token
from config.api.scopes import Scope
from predictions.learning import services as learning
from predictions.models import AccountReplay, AccountWeights, ModelVersion
from predictions.replays import selectors, services, tasks
from predictions.replays.record import ReplayRecord, missing_posts
from predictions.training.pseudonyms import pseudonym
from predictions.versions.registry import registry
from privacy.consent.selectors import NoConsent
from privacy.purposes import Purpose
from tests.factories import UserFactory, disagree, history_of_posts, history_with_effects
from tests.predictions.replays.factories import AccountReplayFactory, replayed_post

pytestmark = pytest.mark.django_db


def stale(now: datetime.datetime | None = None) -> list[int]:
    return list(selectors.stale_replays(now or timezone.now()).values_list("pk", flat=True))


def test_an_account_is_replayed_after_it_was_learned_and_once(
    champion: ModelVersion, account: TikTokAccount, django_capture_on_commit_callbacks: Any, monkeypatch: Any
) -> None:
    enqueued: list[int] = []
    monkeypatch.setattr(tasks.update_replay, "apply_async", lambda args, **_: enqueued.append(args[0]))
    history_of_posts(account, count=30, until=timezone.now())
    with django_capture_on_commit_callbacks(execute=True):
        assert learning.update_weights(account_id=account.pk)
    assert enqueued == [account.pk] == stale()
    tasks.update_replay(account.pk)
    replay = AccountReplay.objects.get()
    weights = AccountWeights.objects.get()
    assert (replay.model_version, replay.version, replay.weights_posts) == (champion, 1, weights.posts)
    assert len(replay.posts) == replay.history - 5 >= 20
    for post in replay.posts:
        assert post["low"] <= post["typical"] <= post["high"]
        assert account.posts.filter(public_id=post["post"]).exists()
    assert set(replay.usual) == {"likes", "views"}
    assert replay.enough_at is None
    assert stale() == []
    assert not services.update_replay(account_id=account.pk)
    assert AccountReplay.objects.get().version == 1


def test_another_model_zone_or_number_of_posts_makes_a_replay_stale(
    learned_account: TikTokAccount, request: pytest.FixtureRequest
) -> None:
    assert services.update_replay(account_id=learned_account.pk)
    for changed in ({"time_zone": "Asia/Tokyo"}, {"posts": 1}):
        AccountWeights.objects.update(**changed)
        assert stale() == [learned_account.pk], changed
        assert services.update_replay(account_id=learned_account.pk)
        assert stale() == []
    assert AccountReplay.objects.get().time_zone == "Asia/Tokyo"
    request.getfixturevalue("champion")
    assert stale() == []
    assert learning.update_weights(account_id=learned_account.pk)
    assert stale() == [learned_account.pk]
    assert services.update_replay(account_id=learned_account.pk)
    assert AccountReplay.objects.get().model_version is not None


def test_weights_of_a_model_that_is_not_at_hand_wait(
    learned_account: TikTokAccount, request: pytest.FixtureRequest
) -> None:
    request.getfixturevalue("champion")
    # those that are there were learned with the prior, and are learned again first
    assert not services.update_replay(account_id=learned_account.pk)
    assert not AccountReplay.objects.exists()


def test_better_labels_alone_are_replayed_once_a_day(learned_account: TikTokAccount) -> None:
    assert services.update_replay(account_id=learned_account.pk)
    made = AccountReplay.objects.get().as_of
    AccountWeights.objects.update(as_of=made + datetime.timedelta(hours=30))
    assert stale(made + datetime.timedelta(hours=23)) == []
    assert stale(made + datetime.timedelta(hours=31)) == [learned_account.pk]


def test_the_sweep_finds_what_no_signal_did(learned_account: TikTokAccount, monkeypatch: Any) -> None:
    enqueued: list[int] = []
    monkeypatch.setattr(tasks.update_replay, "apply_async", lambda args, **_: enqueued.append(args[0]))
    tasks.update_stale_replays()
    tasks.update_stale_replays()
    assert enqueued == [learned_account.pk]


def test_nothing_is_replayed_without_consent(learned_account: TikTokAccount, monkeypatch: Any) -> None:
    disagree(learned_account.user, Purpose.SERVICE)
    assert stale() == []
    assert not services.update_replay(account_id=learned_account.pk)
    # withdrawn while it was replayed
    monkeypatch.setattr(selectors, "stale_replays", lambda now: AccountWeights.objects.all())
    with pytest.raises(NoConsent):
        services.update_replay(account_id=learned_account.pk)
    assert not AccountReplay.objects.exists()


def test_posts_that_the_model_learned_from_are_named(learned_account: TikTokAccount, monkeypatch: Any) -> None:
    manifest = registry.to_learn_with(None).model.manifest
    middle = sorted(learned_account.posts.values_list("posted_at", flat=True))[20]
    seen = {"until": int(middle.timestamp()), "pseudonyms": [pseudonym(learned_account.public_id)]}
    monkeypatch.setitem(manifest, "until", seen["until"])
    monkeypatch.setitem(manifest, "pseudonyms", seen["pseudonyms"])
    loaded = registry.to_learn_with(None)
    monkeypatch.setattr(services, "_model_of", lambda weights: loaded)
    assert services.update_replay(account_id=learned_account.pk)
    posts = AccountReplay.objects.get().posts
    day = datetime.timedelta(days=1)
    assert [post["learned"] for post in posts] == [
        datetime.datetime.fromisoformat(post["posted_at"]) + day <= middle for post in posts
    ]
    assert 0 < sum(post["learned"] for post in posts) < len(posts)


def test_best_times_are_told_where_they_are_sure(champion: ModelVersion, account: TikTokAccount) -> None:
    """Likes of these posts halve before noon, in UTC."""
    account.time_zone = "UTC"
    account.save()
    history_with_effects(account, count=200, until=timezone.now())
    assert learning.update_weights(account_id=account.pk)
    assert services.update_replay(account_id=account.pk)
    best = [each for each in AccountReplay.objects.get().best_times if each["kind"] == "hours"]
    assert best
    for window in best:
        assert 11 <= window["first"] <= 23
        assert window["effect_pct"] >= 3
        assert window["low_pct"] <= window["effect_pct"] <= window["high_pct"]
        assert window["chance"] >= 0.9


# --- words -----------------------------------------------------------------------------------------------------------


def record(count: int, inside: int, *, typical: float, average: float, **figures: Any) -> ReplayRecord:
    """Of posts with a hundred likes each."""
    ranges = [{"low": 50.0, "high": 150.0}] * inside + [{"low": 1.0, "high": 2.0}] * (count - inside)
    posts = [
        replayed_post(i, likes=100.0, typical=typical, average=average, **low_high, **figures)
        for i, low_high in enumerate(ranges)
    ]
    return ReplayRecord(posts, count + 5)


def test_the_sentence_says_how_often_inside_and_how_far_off() -> None:
    better = record(50, 41, typical=138.0, average=155.0)
    assert better.sentence.replace("\N{NO-BREAK SPACE}", " ") == (
        "Your last 50 posts, replayed: inside the range 41 times; typically missed by 38 %, "
        "your average of five by 55 %."
    )
    assert "nearer than your average" in better.verdict
    assert "has not learned from any" in better.notes[-1]


def test_a_worse_replay_is_told_plainly() -> None:
    worse = record(30, 1, typical=155.0, average=138.0, learned=True, measured=False)
    assert "inside the range 1 time;" in worse.sentence
    assert worse.verdict.startswith("Postcast would have done worse than your average of five")
    assert "For 30 posts" in worse.notes[1]
    assert "has learned from 30 of these posts" in worse.notes[2]


def test_a_small_difference_is_called_chance() -> None:
    even = ReplayRecord(
        [replayed_post(i, likes=100.0, typical=130.0 - 20 * (i % 2), average=110.0 + 18 * (i % 2)) for i in range(10)],
        15,
    )
    assert even.figures.standing == "unclear"
    assert "no clear difference" in even.verdict or "can be chance" in even.verdict


@pytest.mark.parametrize(
    ("replayed", "history", "missing"), [(0, 0, 13), (0, 3, 10), (2, 7, 6), (8, 13, 0), (50, 400, 0)]
)
def test_too_few_posts_say_how_many_are_missing(replayed: int, history: int, missing: int) -> None:
    assert missing_posts(replayed, history) == missing
    few = ReplayRecord([replayed_post(i) for i in range(replayed)], history)
    assert few.missing == missing
    if missing:
        assert f"{missing} more to go" in few.sentence
        assert (few.verdict, few.notes) == ("", [])


def test_posts_without_a_like_are_left_out() -> None:
    mixed = ReplayRecord([replayed_post(i, likes=0.0 if i < 3 else 100.0) for i in range(12)], 17)
    assert mixed.figures.posts == 9


def test_a_young_account_is_told_when_there_will_be_enough(account: TikTokAccount) -> None:
    now = timezone.now()
    history_of_posts(account, count=9, until=now)
    assert learning.update_weights(account_id=account.pk, now=now)
    assert services.update_replay(account_id=account.pk, now=now)
    replay = AccountReplay.objects.get()
    assert 0 < len(replay.posts) < 8
    missing = selectors.record_of(replay).missing
    # a post each 36 h, and the first day of the last one
    assert replay.enough_at == now + missing * datetime.timedelta(hours=36) + datetime.timedelta(days=1)


# --- the API ---------------------------------------------------------------------------------------------------------


def test_the_api_tells_what_the_page_shows(client_of: APIClient, account: TikTokAccount) -> None:
    path = f"/api/v1/accounts/{account.public_id}/replay"
    assert client_of.get(path).status_code == 404
    AccountReplayFactory(account=account)
    told = client_of.get(path).json()
    assert told["model_version"] == "prior"
    assert told["record"]["posts"] == len(told["posts"]) == 10
    assert told["record"]["inside"] == 9
    assert told["record"]["sentence"].startswith("Your last 10 posts, replayed")
    assert told["usual"]["likes"] == [120.0, 180.0, 260.0]
    stranger = APIClient()
    stranger.force_authenticate(UserFactory())
    assert stranger.get(path).status_code == 404


def test_a_token_needs_the_forecasts_scope(account: TikTokAccount) -> None:
    AccountReplayFactory(account=account)
    path = f"/api/v1/accounts/{account.public_id}/replay"
    for scopes, status in (([Scope.FORECASTS_READ], 200), ([Scope.POSTS_READ], 403)):
        _, token = create_api_token(user=account.user, name="a program", scopes=scopes)
        program = APIClient()
        program.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
        assert program.get(path).status_code == status
