"""Withdrawal while something runs, new texts, and whole lives of people who change their minds."""

import random
from collections import Counter
from concurrent.futures import ThreadPoolExecutor, wait
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from accounts import tasks
from accounts.credentials.services import renew_credential
from accounts.linked.services import lock_account
from accounts.models import TikTokAccount
from accounts.tiktok import client as login
from posts.ingest import measuring as covers
from posts.ingest import refreshing
from posts.ingest.services import request_refresh
from posts.ingest.storing import store_posts
from posts.models import Post, PostContent, Refresh
from posts.platforms.base import CoverUnavailable
from posts.platforms.tiktok import client as display
from posts.platforms.tiktok.client import DisplayAPI
from posts.platforms.tiktok.wire import Video
from predictions.forecasts import answering
from predictions.forecasts import services as forecasts_services
from predictions.learning import services as learning_services
from predictions.models import Outcome, Prediction
from predictions.outcomes import services as outcomes_services
from predictions.outcomes.matching import match_posts
from privacy.consent import selectors as consent_selectors
from privacy.purposes import Purpose
from tests.factories import (
    ALL_CONSENTS,
    USUAL_CONSENTS,
    PostFactory,
    PredictionFactory,
    TikTokAccountFactory,
    UserFactory,
    agree,
    disagree,
    enter_admin,
    history_of_posts,
)
from tests.privacy.consent import lives
from tests.privacy.consent.lives import Life, live, random_life, sign_in
from tests.privacy.consent.text_versions import release
from tests.privacy.consent.tiktok import CAPTION, PAGE, TikTokFromMemory
from tests.prove import SEED, scaled

pytestmark = pytest.mark.django_db


# --- while something runs --------------------------------------------------------------------------------------------


@pytest.fixture
def tiktok(monkeypatch: pytest.MonkeyPatch) -> TikTokFromMemory:
    answers = TikTokFromMemory()
    monkeypatch.setattr(login, "send", answers.send)
    monkeypatch.setattr(display, "send", answers.send)
    monkeypatch.setattr(display, "wait_for_turn", lambda path, **_: None)
    return answers


def connected(consents: tuple[Purpose, ...] = USUAL_CONSENTS) -> TikTokAccount:
    user = UserFactory(consents=consents)
    sign_in(Life(random.Random(SEED), user))
    account: TikTokAccount = user.tiktok_accounts.get()
    return account


def test_the_first_refresh_after_consent_reads_the_profile(tiktok: TikTokFromMemory) -> None:
    account = connected(consents=())
    assert (account.display_name, tiktok.calls) == ("", 0)
    agree(account.user, Purpose.SERVICE)
    [refresh] = account.refreshes.all()
    refreshing.run_refresh(refresh_id=refresh.pk)
    account.refresh_from_db()
    assert (account.display_name, tiktok.asked["/v2/user/info/"]) == ("Somebody", 1)


def test_a_withdrawal_stops_a_refresh_at_its_next_page(tiktok: TikTokFromMemory) -> None:
    account = connected()
    refresh = request_refresh(account_id=account.pk)
    # the first page is stored, the second on its way
    tiktok.between = lambda: disagree(account.user, Purpose.SERVICE)
    refreshing.run_refresh(refresh_id=refresh.pk)
    refresh.refresh_from_db()
    assert (refresh.state, Post.objects.count()) == (Refresh.State.FAILED, PAGE)
    assert refresh.reason == "consent_missing"
    asked = tiktok.calls
    refreshing.run_refresh(refresh_id=refresh.pk)
    assert tiktok.calls == asked


def test_weights_are_not_stored_after_a_withdrawal(monkeypatch: pytest.MonkeyPatch) -> None:
    account = TikTokAccountFactory()
    history_of_posts(account, count=6, until=timezone.now())
    learn = learning_services._learn

    def learn_while_they_change_their_mind(*args: Any) -> Any:
        found = learn(*args)
        disagree(account.user, Purpose.SERVICE)
        return found

    monkeypatch.setattr("predictions.learning.services._learn", learn_while_they_change_their_mind)
    with pytest.raises(consent_selectors.NoConsent):
        learning_services.update_weights(account_id=account.pk)
    assert not hasattr(TikTokAccount.objects.get(), "weights")


def test_covers_are_not_fetched_after_a_withdrawal(tiktok: TikTokFromMemory, monkeypatch: pytest.MonkeyPatch) -> None:
    account = connected()
    PostFactory.create_batch(3, account=account)
    PostContent.objects.update(cover_state=PostContent.Cover.PENDING)
    fetched: list[str] = []

    def fetch_while_they_change_their_mind(url: str) -> bytes:
        fetched.append(url)
        disagree(account.user, Purpose.SERVICE)
        raise CoverUnavailable(url)

    api = DisplayAPI(account.pk)
    monkeypatch.setattr(api, "cover", fetch_while_they_change_their_mind)
    monkeypatch.setattr(api, "cover_addresses", lambda ids: dict.fromkeys(ids, "x"))
    with pytest.raises(consent_selectors.NoConsent):
        covers.measure_pending(api, go_on=lambda: True)
    assert len(fetched) == 1


def test_keys_are_not_renewed_without_it(tiktok: TikTokFromMemory) -> None:
    account = connected()
    disagree(account.user, Purpose.SERVICE)
    with pytest.raises(consent_selectors.NoConsent):
        renew_credential(account_id=account.pk)
    # a message that was sent before they withdrew
    tasks.renew_credential(account.pk)
    assert tiktok.calls == 0


def test_no_token_is_made_without_it(client: Client) -> None:
    user = UserFactory(consents=())
    client.force_login(user)
    assert client.post("/api/v1/tokens/", {"name": "a program"}, content_type="application/json").status_code == 403
    assert client.post("/settings/tokens/", {"name": "a program"})["Location"] == "/your-data/consent/"
    assert not user.api_tokens.exists()


def test_a_withdrawal_does_not_stop_the_outcomes_of_others(monkeypatch: pytest.MonkeyPatch) -> None:
    now = timezone.now()
    published = now - timedelta(hours=30)
    accounts = [TikTokAccountFactory() for _ in range(4)]
    for account in accounts:
        PostFactory(account=account, posted_at=published, text="Sunset", likes_by_hour={1: 5, 24: 50})
        planned = PredictionFactory(account=account, text="Sunset", publish_at=published)
        Prediction.objects.filter(pk=planned.pk).update(created_at=now - timedelta(hours=40))

    def match_while_they_change_their_mind(*args: Any) -> Any:
        disagree(accounts[0].user, Purpose.OUTCOMES)
        disagree(accounts[1].user, Purpose.OUTCOMES)
        TikTokAccount.objects.filter(pk=accounts[2].pk).delete()
        return match_posts(*args)

    monkeypatch.setattr("predictions.outcomes.services.match_posts", match_while_they_change_their_mind)
    assert outcomes_services.meet_outcomes(now=now) == 1
    assert [outcome.prediction.account for outcome in Outcome.objects.all()] == [accounts[3]]


def test_a_draft_is_not_kept_that_was_withdrawn_while_it_was_forecast(monkeypatch: pytest.MonkeyPatch) -> None:
    account = TikTokAccountFactory(user__consents=ALL_CONSENTS)
    answer = answering.answer_for

    def while_they_withdraw(*purposes: Purpose) -> None:
        def answer_meanwhile(*args: Any, **options: Any) -> Any:
            disagree(account.user, *purposes)
            return answer(*args, **options)

        monkeypatch.setattr("predictions.forecasts.services.answer_for", answer_meanwhile)

    while_they_withdraw(Purpose.DRAFTS)
    assert forecast_of(account).caption == ""
    while_they_withdraw(Purpose.SERVICE)
    with pytest.raises(consent_selectors.NoConsent):
        forecast_of(account)
    assert Prediction.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_withdrawal_waits_for_what_is_being_stored_and_takes_it_along() -> None:
    account = TikTokAccountFactory(user__consents=ALL_CONSENTS)

    def withdraw() -> None:
        disagree(account.user, Purpose.DRAFTS)
        connection.close()

    with ThreadPoolExecutor(1) as another:
        with transaction.atomic():
            assert forecast_of(account).caption == CAPTION
            begun = another.submit(withdraw)
            assert wait([begun], timeout=0.5).not_done
        begun.result(timeout=10)
    assert Prediction.objects.get().caption == ""


def forecast_of(account: TikTokAccount) -> Prediction:
    return forecasts_services.predict(
        user=account.user,
        account_id=None,
        text=CAPTION,
        hashtags=(),
        publish_at=timezone.now(),
        duration_s=None,
        cover=None,
        client="",
        explain=False,
    ).prediction


# --- a new text ------------------------------------------------------------------------------------------------------


def test_data_kept_under_an_earlier_text_stays_until_the_person_answers(own_texts: None) -> None:
    account = TikTokAccountFactory(user__consents=ALL_CONSENTS)

    def store(*captions: str) -> list[str]:
        videos = [
            Video(id=str(number), create_time=1_700_000_000 - number, video_description=caption).as_fetched()
            for number, caption in enumerate(captions)
        ]
        store_posts(lock_account(account.pk), videos, timezone.now())
        return [post.caption for post in Post.objects.order_by("-posted_at")]

    assert store("Sunset") == ["Sunset"]
    release(Purpose.DRAFTS)
    assert store("Sunset, edited", "Dawn") == ["Sunset", ""]
    agree(account.user, Purpose.DRAFTS)
    assert store("Sunset, edited", "Dawn") == ["Sunset, edited", "Dawn"]
    release(Purpose.DRAFTS)
    disagree(account.user, Purpose.DRAFTS)
    assert store("Sunset, edited", "Dawn") == ["", ""]


def test_a_life_in_which_a_new_text_comes_out_between_two_pages(tiktok: TikTokFromMemory, own_texts: None) -> None:
    def agree_to(purpose: Purpose) -> lives.Action:
        def agree_to_this(life: Life) -> None:
            agree(life.user, purpose)
            life.agreed.add(purpose)
            life.standing.add(purpose)

        return agree_to_this

    def release_drafts(life: Life) -> None:
        release(Purpose.DRAFTS)
        life.agreed.discard(Purpose.DRAFTS)

    fetch = [lives.ask_for_refresh, lives.refresh_task, lives.scheduled_tasks]
    consents = [agree_to(Purpose.SERVICE), agree_to(Purpose.DRAFTS)]
    doings = [*consents, sign_in, *fetch, lives.predict, release_drafts, *fetch]
    life = live(doings, Life(random.Random(SEED), UserFactory(consents=())), lambda: tiktok.calls)
    assert life.violations == []
    assert Post.objects.exclude(caption="").count() == 2 * PAGE


# --- lives -----------------------------------------------------------------------------------------------------------


def many_lives(count: int, tiktok: TikTokFromMemory, block: int = 0) -> tuple[Counter[str], list[str]]:
    """So many random lives, each rolled back: how often each action was taken, and what was done without consent."""
    taken: Counter[str] = Counter()
    violations: list[str] = []
    staff = enter_admin(Client())
    for number in range(count):
        # a savepoint and no block: tokens are refreshed in a transaction that may be inside no other
        before = transaction.savepoint()
        dice = random.Random(f"{SEED} {block} {number}")
        life = random_life(dice, staff, 6, lambda: tiktok.calls)
        transaction.savepoint_rollback(before)
        taken.update(life.steps)
        violations += [f"life {number} of block {block}: {each}" for each in life.violations]
    return taken, violations


def test_no_life_sees_processing_without_consent(tiktok: TikTokFromMemory, own_texts: None) -> None:
    taken, violations = many_lives(40, tiktok)
    assert violations == []
    # both sides of the line were walked, and every way in
    assert taken["predict"] > 0
    assert taken["predict (refused)"] > 0
    assert {step.split(" ")[0] for step in taken} >= {action.__name__ for action in lives.ACTIONS}
    assert tiktok.calls > 0


def test_a_life_notices_what_nobody_agreed_to(tiktok: TikTokFromMemory, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("credentials", "linked"):
        monkeypatch.setattr(f"accounts.{module}.services.require", lambda *args: None)
    doings = [sign_in, lives.ask_for_refresh, lives.refresh_task]
    life = live(doings, Life(random.Random(SEED), UserFactory(consents=())), lambda: tiktok.calls)
    assert len(life.violations) >= 2


# each in a transaction of its own: one that holds many thousand lives that were rolled back grows slow
@pytest.mark.prove
@pytest.mark.parametrize("block", range(10))
def test_a_thousand_lives(block: int, tiktok: TikTokFromMemory, own_texts: None, record_property: Any) -> None:
    count = scaled(1_000)
    taken, violations = many_lives(count, tiktok, block)
    record_property("sequences", count)
    record_property("steps", taken.total())
    record_property("refused", sum(number for step, number in taken.items() if step.endswith("(refused)")))
    record_property("processed without consent", len(violations))
    assert violations == []
