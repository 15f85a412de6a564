"""Nothing is processed without consent to the current text, whatever way in, and taking it back stops what runs."""

import hashlib
import json
import random
import re
from collections import Counter
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.models import Model
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts import tasks
from accounts.credentials.services import renew_credential
from accounts.linked.services import lock_account
from accounts.models import FollowerCount, TikTokAccount
from accounts.tiktok import client as login
from accounts.tokens.services import create_api_token
from posts.ingest import measuring as covers
from posts.ingest import refreshing
from posts.ingest.services import request_refresh
from posts.ingest.storing import store_posts
from posts.models import Observation, Post, PostContent, Refresh
from posts.platforms.base import CoverUnavailable
from posts.platforms.tiktok import client as display
from posts.platforms.tiktok.client import DisplayAPI
from posts.platforms.tiktok.wire import Video
from predictions.forecasts import services as forecasts_services
from predictions.learning import services as learning_services
from predictions.models import ForecastError, ModelVersion, Outcome, Prediction
from predictions.monitoring.selectors import forecast_errors, recent_features
from predictions.outcomes import services as outcomes_services
from predictions.outcomes.matching import match_posts
from predictions.training.pseudonyms import pseudonym
from predictions.training.selectors import accounts_to_learn_from, training_histories
from predictions.versions.selectors import learned_from_forgotten
from privacy import texts
from privacy.consent import selectors as consent_selectors
from privacy.consent import services as consent_services
from privacy.declarations import registry
from privacy.declarations.registry import NotDeclaredFor, require_declared, table_of
from privacy.models import Consent, Through
from privacy.purposes import Purpose
from privacy.trail.services import record
from tests.factories import (
    ALL_CONSENTS,
    USUAL_CONSENTS,
    ForecastErrorFactory,
    OutcomeFactory,
    PostFactory,
    PredictionFactory,
    TikTokAccountFactory,
    UserFactory,
    agree,
    disagree,
    enter_admin,
    history_of_posts,
)
from tests.privacy import sequences
from tests.privacy.sequences import Life, live, random_life, release, sign_in, texts_of_its_own
from tests.privacy.tiktok import CAPTION, PAGE, TikTokFromMemory
from tests.prove import SEED, scaled

pytestmark = pytest.mark.django_db

RELEASED = Path(texts.__file__).parent / "released.json"


@pytest.fixture
def own_texts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Texts to which versions can be added."""
    monkeypatch.setattr(texts, "FOLDER", texts_of_its_own(tmp_path / "texts"))
    texts.current_text.cache_clear()
    texts.read_text.cache_clear()
    yield
    texts.current_text.cache_clear()
    texts.read_text.cache_clear()


# --- the texts -------------------------------------------------------------------------------------------------------


def test_a_released_text_is_never_changed() -> None:
    """To change one, add the next version, and its fingerprint to released.json."""
    there = {
        f"{path.parent.name}/{path.name}": hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(RELEASED.parent.glob("*/*.md"))
    }
    assert there == json.loads(RELEASED.read_text())


@pytest.mark.parametrize("purpose", Purpose)
def test_every_text_says_what_people_want_to_know(purpose: Purpose) -> None:
    text = texts.current_text(purpose)
    assert [heading for heading, _ in text.paragraphs] == [
        *("What", "What for", "How long", "With whom", "Your choice"),
    ]


def test_a_text_that_was_edited_in_place_is_agreed_to_by_nobody(own_texts: None) -> None:
    user = UserFactory(consents=(Purpose.SERVICE, Purpose.DRAFTS))
    path = texts.FOLDER / Purpose.DRAFTS / "1.md"
    path.write_text(path.read_text().replace("Nobody but you", "Everybody"))
    texts.current_text.cache_clear()
    texts.read_text.cache_clear()
    assert not consent_selectors.has_consent(user.pk, Purpose.DRAFTS)
    assert consent_selectors.purposes_of(user.pk) == {Purpose.SERVICE}
    assert [each.text.purpose for each in consent_selectors.asked_of(user.pk) if each.is_renewed] == [Purpose.DRAFTS]
    agree(user, Purpose.DRAFTS)
    assert consent_selectors.has_consent(user.pk, Purpose.DRAFTS)
    assert Consent.objects.filter(user=user, purpose=Purpose.DRAFTS, withdrawn_at=None).count() == 1


# --- giving and taking back ------------------------------------------------------------------------------------------


def test_past_consents_are_kept_with_their_words() -> None:
    user = UserFactory(consents=())
    agree(user, Purpose.DRAFTS)
    disagree(user, Purpose.DRAFTS)
    agree(user, Purpose.DRAFTS)
    newest, oldest = Consent.objects.filter(user=user)
    assert (newest.withdrawn_at, oldest.withdrawn_through) == (None, "page")
    assert newest.text_fingerprint == texts.current_text(Purpose.DRAFTS).fingerprint


def test_agreeing_twice_changes_nothing() -> None:
    user = UserFactory(consents=())
    agree(user, Purpose.SERVICE)
    agree(user, Purpose.SERVICE)
    assert Consent.objects.filter(user=user).count() == 1


def test_consent_to_an_old_text_is_refused_and_changes_nothing() -> None:
    user = UserFactory(consents=())
    with pytest.raises(consent_services.OutdatedText, match="not the current one, which is 1"):
        consent_services.give(user_id=user.pk, purpose=Purpose.SERVICE, through=Through.API, version=7)
    assert not Consent.objects.exists()


def test_a_new_text_asks_again(own_texts: None, client: Client) -> None:
    account = TikTokAccountFactory()
    client.force_login(account.user)
    release(Purpose.SERVICE)
    assert not consent_selectors.has_consent(account.user_id, Purpose.SERVICE)
    assert client.get("/posts/")["Location"] == "/your-data/consent/"
    assert "has changed since you agreed" in client.get("/your-data/consent/").content.decode()
    client.post("/your-data/consent/", {"agree": "service", "version-service": "2"})
    assert client.get("/posts/").status_code == 200
    assert [row.version for row in consent_selectors.history_of(account.user_id).filter(purpose="service")] == [2, 1]


def test_the_page_gives_and_withdraws_each_by_itself(client: Client) -> None:
    user = UserFactory(consents=())
    client.force_login(user)
    assert "Nothing of your account has been read yet" in client.get("/your-data/consent/").content.decode()
    versions = {f"version-{purpose}": str(consent_selectors.current_version(purpose)) for purpose in Purpose}
    answer = client.post("/your-data/consent/", {"start": "yes", "agree": ["service", "outcomes"], **versions})
    assert answer["Location"] == "/posts/"
    assert consent_selectors.purposes_of(user.pk) == {Purpose.SERVICE, Purpose.OUTCOMES}
    client.post("/your-data/consent/", {"agree": ["service", "learning"], **versions})
    assert consent_selectors.purposes_of(user.pk) == {Purpose.SERVICE, Purpose.LEARNING}


def test_the_api_gives_and_withdraws(client: Client) -> None:
    user = UserFactory(consents=())
    client.force_login(user)
    listed = client.get("/api/v1/privacy/consents").json()
    assert [each["purpose"] for each in listed] == [*Purpose]
    refused = client.put("/api/v1/privacy/consents/learning", {"version": 9}, content_type="application/json")
    assert refused.status_code == 400
    assert refused.json()["errors"][0]["field"] == "version"
    current = {"version": consent_selectors.current_version(Purpose.LEARNING)}
    given = client.put("/api/v1/privacy/consents/learning", current, content_type="application/json").json()
    assert given["given_at"]
    assert client.delete("/api/v1/privacy/consents/learning").json()["given_at"] is None
    assert (
        client.put("/api/v1/privacy/consents/else", {"version": 1}, content_type="application/json").status_code == 404
    )


@pytest.mark.parametrize("version", ["1", "", "x", "9" * 5000, "-1"])
def test_a_form_with_an_outdated_text_saves_nothing_and_says_so(version: str, own_texts: None, client: Client) -> None:
    user = UserFactory(consents=(Purpose.OUTCOMES,))
    client.force_login(user)
    release(Purpose.DRAFTS)
    form = {"agree": ["service", "drafts"], "version-service": "1", "version-drafts": version}
    answer = client.post("/your-data/consent/", form, follow=True)
    assert answer.redirect_chain == [("/your-data/consent/", 302)]
    assert "Nothing was saved" in answer.content.decode()
    assert consent_selectors.purposes_of(user.pk) == {Purpose.OUTCOMES}


def test_a_program_with_a_token_reads_consents_and_decides_nothing() -> None:
    user = UserFactory()
    _, token = create_api_token(user=user, name="a program")
    program = Client(headers={"Authorization": f"Bearer {token}"})
    assert program.get("/api/v1/privacy/consents").status_code == 200
    current = {"version": consent_selectors.current_version(Purpose.DRAFTS)}
    for answer in (
        program.put("/api/v1/privacy/consents/drafts", current, content_type="application/json"),
        program.delete("/api/v1/privacy/consents/learning"),
        program.post("/api/v1/privacy/exports"),
        program.get("/api/v1/privacy/exports"),
    ):
        assert (answer.status_code, answer["Content-Type"]) == (403, "application/problem+json")
        assert "sign in" in answer.json()["detail"]
    assert consent_selectors.purposes_of(user.pk) == {*USUAL_CONSENTS}


# --- nothing without it ----------------------------------------------------------------------------------------------


def test_a_forecast_without_consent_is_refused_with_the_way_to_give_it(client: Client) -> None:
    account = TikTokAccountFactory(user__consents=())
    client.force_login(account.user)
    answer = client.post("/predict", {"post": {"text": "Sunset"}}, content_type="application/json")
    assert (answer.status_code, answer["Content-Type"]) == (403, "application/problem+json")
    assert "Your data" in answer.json()["detail"]
    for ask in (client.get, client.post):
        assert ask("/compose/")["Location"] == "/your-data/consent/"


def test_training_learns_from_those_who_agree_to_it_alone() -> None:
    willing = TikTokAccountFactory()
    TikTokAccountFactory(user__consents=(Purpose.SERVICE,))
    TikTokAccountFactory(user__consents=(Purpose.LEARNING,))
    assert list(accounts_to_learn_from()) == [willing]


def test_who_leaves_while_a_training_runs_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    accounts = sorted((TikTokAccountFactory() for _ in range(4)), key=lambda account: account.public_id)
    running = training_histories(timezone.now())
    read = [next(running)]
    disagree(accounts[1].user, Purpose.LEARNING)
    disagree(accounts[2].user, Purpose.SERVICE)
    read += running
    assert [each.account_id for each in read] == [pseudonym(accounts[left].public_id) for left in (0, 3)]


@pytest.mark.parametrize("model", [TikTokAccount, FollowerCount, Post, PostContent, Observation])
def test_training_refuses_tables_that_are_not_declared_for_it(
    model: type[Model], monkeypatch: pytest.MonkeyPatch
) -> None:
    TikTokAccountFactory()
    assert len(list(training_histories(timezone.now()))) == 1
    not_declared_for(Purpose.LEARNING, model, monkeypatch)
    with pytest.raises(NotDeclaredFor, match=model.__name__):
        list(training_histories(timezone.now()))


def test_training_reads_no_table_but_those() -> None:
    history_of_posts(TikTokAccountFactory(), count=3, until=timezone.now())
    with CaptureQueriesContext(connection) as captured:
        list(training_histories(timezone.now()))
    read = {table for query in captured for table in re.findall(r'(?:FROM|JOIN) "(\w+)"', query["sql"])}
    assert read == {
        *("accounts_tiktokaccount", "accounts_followercount", "privacy_consent"),
        *("posts_post", "posts_postcontent", "posts_observation"),
    }


def test_drift_is_judged_by_those_who_agree_to_learning_now(own_texts: None, monkeypatch: pytest.MonkeyPatch) -> None:
    willing, asked_again = ForecastErrorFactory(), ForecastErrorFactory()
    ForecastErrorFactory(post__account__user__consents=(Purpose.LEARNING,))
    now = timezone.now()
    release(Purpose.LEARNING)
    agree(willing.account.user, Purpose.LEARNING)
    assert list(forecast_errors(now).account) == [willing.account_id]
    assert list(recent_features(now)[0]) == [willing.account_id]
    agree(asked_again.account.user, Purpose.LEARNING)
    assert len(forecast_errors(now)) == 2
    not_declared_for(Purpose.LEARNING, ForecastError, monkeypatch)
    for reader in (forecast_errors, recent_features):
        with pytest.raises(NotDeclaredFor):
            reader(now)


def not_declared_for(purpose: Purpose, model: type[Model], monkeypatch: pytest.MonkeyPatch) -> None:
    """As if the model's table were not declared for the purpose."""
    table = table_of(model)
    without = replace(table, purposes=tuple(each for each in table.purposes if each != purpose))
    known = registry._by_label()
    monkeypatch.setattr(registry, "_by_label", lambda: known | {table.model: without})


def test_data_is_not_read_for_a_purpose_that_it_was_not_collected_for() -> None:
    require_declared(Purpose.LEARNING, Post)
    with pytest.raises(NotDeclaredFor, match="Outcome"):
        require_declared(Purpose.LEARNING, Post, Outcome)


def test_comparisons_and_misses_go_with_the_consent_to_them() -> None:
    outcome = OutcomeFactory()
    ForecastErrorFactory(post=outcome.post)
    others = OutcomeFactory()
    user = outcome.prediction.account.user
    disagree(user, Purpose.OUTCOMES, Purpose.LEARNING)
    assert list(Outcome.objects.all()) == [others]
    assert not ForecastError.objects.exists()


@pytest.mark.parametrize("purpose", [Purpose.LEARNING, Purpose.SERVICE])
def test_a_model_that_learned_from_them_goes_with_the_consent_and_may_serve_again_with_it(purpose: Purpose) -> None:
    account = TikTokAccountFactory()
    learned = ModelVersion(manifest={"pseudonyms": [pseudonym(account.public_id)]})
    other = ModelVersion(manifest={"pseudonyms": [pseudonym(TikTokAccountFactory().public_id)]})
    disagree(account.user, Purpose.OUTCOMES)
    assert not learned_from_forgotten(learned)
    disagree(account.user, purpose)
    assert learned_from_forgotten(learned)
    assert not learned_from_forgotten(other)
    agree(account.user, Purpose.OUTCOMES)
    assert learned_from_forgotten(learned)
    agree(account.user, purpose)
    assert not learned_from_forgotten(learned)


def test_agreeing_to_half_of_it_is_not_enough_for_an_earlier_model() -> None:
    account = TikTokAccountFactory()
    learned = ModelVersion(manifest={"pseudonyms": [pseudonym(account.public_id)]})
    disagree(account.user, Purpose.SERVICE, Purpose.LEARNING)
    agree(account.user, Purpose.SERVICE)
    assert learned_from_forgotten(learned)


# --- while something runs --------------------------------------------------------------------------------------------


@pytest.fixture
def tiktok(monkeypatch: pytest.MonkeyPatch) -> TikTokFromMemory:
    answers = TikTokFromMemory()
    monkeypatch.setattr(login, "send", answers.send)
    monkeypatch.setattr(display, "send", answers.send)
    monkeypatch.setattr(display, "wait_for_turn", lambda path: None)
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


def test_taking_it_back_stops_a_refresh_at_its_next_page(tiktok: TikTokFromMemory) -> None:
    account = connected()
    refresh = request_refresh(account_id=account.pk)
    # the first page is stored, the second on its way
    tiktok.between = lambda: disagree(account.user, Purpose.SERVICE)
    refreshing.run_refresh(refresh_id=refresh.pk)
    refresh.refresh_from_db()
    assert (refresh.state, Post.objects.count()) == (Refresh.State.FAILED, PAGE)
    assert "consent" in refresh.error
    asked = tiktok.calls
    refreshing.run_refresh(refresh_id=refresh.pk)
    assert tiktok.calls == asked


def test_what_is_being_learned_is_not_stored_after_it_was_taken_back(monkeypatch: pytest.MonkeyPatch) -> None:
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


def test_covers_are_fetched_no_more_after_it_was_taken_back(
    tiktok: TikTokFromMemory, monkeypatch: pytest.MonkeyPatch
) -> None:
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


def test_one_who_withdraws_does_not_stop_the_outcomes_of_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
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
    answer = forecasts_services._forecast

    def while_they_withdraw(*purposes: Purpose) -> None:
        def answer_meanwhile(*args: Any, **options: Any) -> Any:
            disagree(account.user, *purposes)
            return answer(*args, **options)

        monkeypatch.setattr("predictions.forecasts.services._forecast", answer_meanwhile)

    while_they_withdraw(Purpose.DRAFTS)
    assert forecast_of(account).caption == ""
    while_they_withdraw(Purpose.SERVICE)
    with pytest.raises(consent_selectors.NoConsent):
        forecast_of(account)
    assert Prediction.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_withdrawal_waits_for_what_is_being_stored_and_takes_it_along(monkeypatch: pytest.MonkeyPatch) -> None:
    account = TikTokAccountFactory(user__consents=ALL_CONSENTS)

    def withdraw() -> None:
        disagree(account.user, Purpose.DRAFTS)
        connection.close()

    with ThreadPoolExecutor(1) as another:
        begun: list[Future[None]] = []

        def record_while_they_withdraw(**event: Any) -> None:
            begun.append(another.submit(withdraw))
            assert wait(begun, timeout=0.5).not_done
            record(**event)

        monkeypatch.setattr("predictions.forecasts.services.record", record_while_they_withdraw)
        assert forecast_of(account).caption == CAPTION
        begun[0].result(timeout=10)
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


def test_what_was_kept_under_an_earlier_text_stays_as_it_is_until_the_person_answers(own_texts: None) -> None:
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
    def agree_to(purpose: Purpose) -> sequences.Action:
        def agree_to_this(life: Life) -> None:
            agree(life.user, purpose)
            life.agreed.add(purpose)
            life.standing.add(purpose)

        return agree_to_this

    def release_drafts(life: Life) -> None:
        release(Purpose.DRAFTS)
        life.agreed.discard(Purpose.DRAFTS)

    fetch = [sequences.ask_for_refresh, sequences.refresh_task, sequences.scheduled_tasks]
    consents = [agree_to(Purpose.SERVICE), agree_to(Purpose.DRAFTS)]
    doings = [*consents, sign_in, *fetch, sequences.predict, release_drafts, *fetch]
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
    taken, violations = many_lives(60, tiktok)
    assert violations == []
    # both sides of the line were walked, and every way in
    assert taken["predict"] > 0
    assert taken["predict (refused)"] > 0
    assert {step.split(" ")[0] for step in taken} >= {action.__name__ for action in sequences.ACTIONS}
    assert tiktok.calls > 0


def test_a_life_notices_what_nobody_agreed_to(tiktok: TikTokFromMemory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("accounts.credentials.services.require", lambda *args: None)
    doings = [sign_in, sequences.ask_for_refresh, sequences.refresh_task]
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
