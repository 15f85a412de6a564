"""Nothing is processed without consent to the current text, whatever way in, and taking it back stops what runs."""

import hashlib
import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from django.db import connection
from django.db.models import Model
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.linked.selectors import accounts_to_learn_from
from accounts.models import FollowerCount, TikTokAccount, User
from accounts.tokens.services import create_api_token
from posts.models import Observation, Post, PostContent
from predictions.models import ForecastError, ModelVersion, Outcome
from predictions.monitoring.selectors import forecast_errors, recent_features
from predictions.training.pseudonyms import pseudonym
from predictions.training.selectors import training_histories
from predictions.versions.selectors import learned_from_forgotten
from privacy import texts
from privacy.consent import selectors as consent_selectors
from privacy.consent import services as consent_services
from privacy.declarations import registry
from privacy.declarations.registry import NotDeclaredFor, require_declared, table_of
from privacy.models import AccessEvent, Consent, SubjectKey, Through
from privacy.purposes import Purpose
from privacy.trail.selectors import events_about
from tests.factories import (
    USUAL_CONSENTS,
    ForecastErrorFactory,
    OutcomeFactory,
    TikTokAccountFactory,
    UserFactory,
    agree,
    disagree,
    history_of_posts,
)
from tests.privacy.consent.text_versions import release

pytestmark = pytest.mark.django_db

RELEASED = Path(texts.__file__).parent / "released.json"


def test_the_consents_of_people_in_tests_are_those_that_agreeing_gives() -> None:
    """The factory writes them at once."""
    person, other = UserFactory(), UserFactory(consents=())
    agree(other, *USUAL_CONSENTS)
    person.refresh_from_db()
    other.refresh_from_db()
    assert person.consent_version == other.consent_version

    def written(user: User) -> list[list[dict[str, object]]]:
        subject = hashlib.sha256(bytes(SubjectKey.objects.get(user=user).key) + b"trail").hexdigest()
        consents = Consent.objects.filter(user=user).order_by("pk")
        events = AccessEvent.objects.filter(subject=subject).exclude(action="key").order_by("pk")
        own = {"id", "user_id", "given_at", "retain_until", "position", "at", "subject", "previous", "hash"}
        return [
            [{k: v for k, v in row.items() if k not in own} for row in rows]
            for rows in (consents.values(), events.values())
        ]

    assert written(person) == written(other)
    assert [len(rows) for rows in written(person)] == [len(USUAL_CONSENTS)] * 2


def test_giving_and_withdrawing_are_told_apart_and_name_the_text() -> None:
    person = UserFactory(consents=())
    agree(person, Purpose.SERVICE)
    assert consent_services.withdraw(user_id=person.pk, purpose=Purpose.SERVICE, through=Through.PAGE)
    text = texts.current_text(Purpose.SERVICE)
    told = [(event.action, event.what) for event in events_about(person.pk, by_others=False)]
    words = f"{text.title}, text {text.version}"
    assert told == [("withdraw", words), ("consent", words)]


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
    path = texts.FOLDER / Purpose.DRAFTS / "2.md"
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
    assert answer["Location"] == "/overview/"
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


def test_a_training_does_not_read_people_who_leave_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
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
    """Take the purpose out of the declaration of the model's table."""
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
