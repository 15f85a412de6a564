"""Nothing is processed without consent to the current text, whatever way in, and taking it back stops what runs."""

import hashlib
import json
import random
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone

from accounts.models import TikTokAccount
from posts import refreshing
from posts.models import Post, Refresh
from posts.services import request_refresh
from posts.tiktok import client as display
from predictions import services
from predictions.forgetting import learned_from_forgotten
from predictions.models import Miss, ModelVersion, Outcome
from predictions.pseudonyms import pseudonym
from predictions.selectors import accounts_to_learn_from
from privacy import consent, texts
from privacy.declarations import NotDeclaredFor, require_declared
from privacy.models import Consent, Through
from privacy.purposes import Purpose
from tests.factories import (
    MissFactory,
    OutcomeFactory,
    TikTokAccountFactory,
    UserFactory,
    agree,
    disagree,
    history_of_posts,
)
from tests.privacy.sequences import CAPTION, Life, live, sign_in, texts_of_its_own
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


def release(purpose: Purpose) -> None:
    folder = texts.FOLDER / purpose
    newest = texts.current_text(purpose).version
    (folder / f"{newest + 1}.md").write_text((folder / f"{newest}.md").read_text())
    texts.current_text.cache_clear()


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
    with pytest.raises(consent.OutdatedText, match="not the current one, which is 1"):
        consent.give(user_id=user.pk, purpose=Purpose.SERVICE, through=Through.API, version=7)
    assert not Consent.objects.exists()


def test_a_new_text_asks_again(own_texts: None, client: Client) -> None:
    account = TikTokAccountFactory()
    client.force_login(account.user)
    release(Purpose.SERVICE)
    assert not consent.has_consent(account.user_id, Purpose.SERVICE)
    assert client.get("/posts/")["Location"] == "/your-data/consent/"
    assert "has changed since you agreed" in client.get("/your-data/consent/").content.decode()
    client.post("/your-data/consent/", {"agree": "service", "version-service": "2"})
    assert client.get("/posts/").status_code == 200
    assert [row.version for row in consent.history_of(account.user_id).filter(purpose="service")] == [2, 1]


def test_the_page_gives_and_withdraws_each_by_itself(client: Client) -> None:
    user = UserFactory(consents=())
    client.force_login(user)
    assert "Nothing of your account has been read yet" in client.get("/your-data/consent/").content.decode()
    versions = {f"version-{purpose}": consent.current_version(purpose) for purpose in Purpose}
    answer = client.post("/your-data/consent/", {"start": "yes", "agree": ["service", "outcomes"], **versions})
    assert answer["Location"] == "/posts/"
    assert consent.purposes_of(user.pk) == {Purpose.SERVICE, Purpose.OUTCOMES}
    client.post("/your-data/consent/", {"agree": ["service", "learning"], **versions})
    assert consent.purposes_of(user.pk) == {Purpose.SERVICE, Purpose.LEARNING}


def test_the_api_gives_and_withdraws(client: Client) -> None:
    user = UserFactory(consents=())
    client.force_login(user)
    listed = client.get("/api/v1/privacy/consents").json()
    assert [each["purpose"] for each in listed] == [*Purpose]
    refused = client.put("/api/v1/privacy/consents/outcomes", {"version": 9}, content_type="application/json")
    assert refused.status_code == 400
    assert refused.json()["errors"][0]["field"] == "version"
    given = client.put("/api/v1/privacy/consents/outcomes", {"version": 1}, content_type="application/json").json()
    assert given["given_at"]
    assert client.delete("/api/v1/privacy/consents/outcomes").json()["given_at"] is None
    assert (
        client.put("/api/v1/privacy/consents/else", {"version": 1}, content_type="application/json").status_code == 404
    )


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


def test_data_is_not_read_for_a_purpose_that_it_was_not_collected_for() -> None:
    require_declared(Purpose.LEARNING, Post)
    with pytest.raises(NotDeclaredFor, match="Outcome"):
        require_declared(Purpose.LEARNING, Post, Outcome)


def test_comparisons_and_misses_go_with_the_consent_to_them() -> None:
    outcome = OutcomeFactory()
    MissFactory(post=outcome.post)
    others = OutcomeFactory()
    user = outcome.prediction.account.user
    disagree(user, Purpose.OUTCOMES, Purpose.LEARNING)
    assert list(Outcome.objects.all()) == [others]
    assert not Miss.objects.exists()


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


class TikTokFromMemory:
    """Answers as TikTok does, five posts a page; `calls` counts what was asked."""

    def __init__(self) -> None:
        self.calls = 0
        self.between: Any = None

    def __call__(self, method: str, path: str, fields: str, body: Any, token: str) -> dict[str, Any]:
        self.calls += 1
        if path == "/v2/user/info/":
            return {"user": {"display_name": "Somebody", "follower_count": self.calls, "video_count": 10}}
        now = int(timezone.now().timestamp())
        if path == "/v2/video/list/":
            first = (body or {}).get("cursor") is None
            if self.between and not first:
                self.between()
            ids = range(5) if first else range(5, 10)
            videos = [self._video(number, now) for number in ids]
            return {"videos": videos, "cursor": (now - 20 * 86_400) * 1000, "has_more": first}
        return {"videos": [self._video(int(number), now) for number in body["filters"]["video_ids"]]}

    def _video(self, number: int, now: int) -> dict[str, Any]:
        published = now - (2 + number) * 86_400
        return {"id": str(number), "create_time": published, "video_description": CAPTION, "like_count": 10 + number}


@pytest.fixture
def tiktok(monkeypatch: pytest.MonkeyPatch) -> TikTokFromMemory:
    answers = TikTokFromMemory()
    monkeypatch.setattr(display, "_ask", answers)
    monkeypatch.setattr(display, "wait_for_turn", lambda path: None)
    return answers


def connected() -> TikTokAccount:
    user = UserFactory()
    sign_in(Life(random.Random(SEED), user))
    account: TikTokAccount = user.tiktok_accounts.get()
    return account


def test_taking_it_back_stops_a_refresh_at_its_next_page(tiktok: TikTokFromMemory) -> None:
    account = connected()
    refresh = request_refresh(account_id=account.pk)
    # the first page is stored, the second on its way
    tiktok.between = lambda: disagree(account.user, Purpose.SERVICE)
    refreshing.run_refresh(refresh_id=refresh.pk)
    refresh.refresh_from_db()
    assert (refresh.state, Post.objects.count()) == (Refresh.State.FAILED, 5)
    assert "consent" in refresh.error
    asked = tiktok.calls
    refreshing.run_refresh(refresh_id=refresh.pk)
    assert tiktok.calls == asked


def test_what_is_being_learned_is_not_stored_after_it_was_taken_back(monkeypatch: pytest.MonkeyPatch) -> None:
    account = TikTokAccountFactory()
    history_of_posts(account, count=6, until=timezone.now())
    learn = services._learned

    def learn_while_they_change_their_mind(*args: Any) -> Any:
        found = learn(*args)
        disagree(account.user, Purpose.SERVICE)
        return found

    monkeypatch.setattr(services, "_learned", learn_while_they_change_their_mind)
    with pytest.raises(consent.NoConsent):
        services.update_weights(account_id=account.pk)
    assert not hasattr(TikTokAccount.objects.get(), "weights")


# --- lives -----------------------------------------------------------------------------------------------------------


def many_lives(count: int, tiktok: TikTokFromMemory) -> dict[str, int]:
    """So many random lives, each rolled back; how often each action was taken."""
    taken: dict[str, int] = {}
    for number in range(count):
        # a savepoint and no block: tokens are refreshed in a transaction that may be inside no other
        before = transaction.savepoint()
        life = live(random.Random(SEED * 1_000_003 + number), 8, lambda: tiktok.calls)
        transaction.savepoint_rollback(before)
        for step in life.steps:
            taken[step] = taken.get(step, 0) + 1
    return taken


def test_no_life_sees_processing_without_consent(tiktok: TikTokFromMemory, own_texts: None) -> None:
    taken = many_lives(60, tiktok)
    # both sides of the line were walked
    assert taken["predict"] > 0
    assert taken["predict (refused)"] > 0
    assert tiktok.calls > 0


@pytest.mark.prove
def test_ten_thousand_lives(tiktok: TikTokFromMemory, own_texts: None, record_property: Any) -> None:
    count = scaled(10_000)
    taken = many_lives(count, tiktok)
    record_property("sequences", count)
    record_property("steps", sum(taken.values()))
    record_property("refused", sum(number for step, number in taken.items() if step.endswith("(refused)")))
    record_property("processed without consent", 0)
