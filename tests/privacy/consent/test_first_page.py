"""The first page of consents is one screen: a switch and a sentence for each, the words in full, and the time zone."""

from typing import Any

import pytest
from django.test import Client

from accounts.models import TikTokAccount
from accounts.signals import time_zone_chosen
from privacy.consent import selectors
from privacy.purposes import Purpose
from privacy.texts import SUMMARIES, current_text
from tests.factories import TikTokAccountFactory, UserFactory
from tests.pages.html import Element, read

pytestmark = pytest.mark.django_db

PATH = "/your-data/consent/"
VERSIONS = {f"version-{purpose}": str(selectors.current_version(purpose)) for purpose in Purpose}


@pytest.fixture
def account() -> TikTokAccount:
    """An account of somebody who has just signed in."""
    account: TikTokAccount = TikTokAccountFactory(user__consents=())
    return account


@pytest.fixture
def browser(account: TikTokAccount) -> Client:
    client = Client()
    client.force_login(account.user)
    return client


def page_of(browser: Client) -> Element:
    return read(browser.get(PATH).content.decode())


def start(browser: Client, **answers: Any) -> Any:
    return browser.post(PATH, {"start": "yes", "agree": ["service"], **VERSIONS, **answers})


def test_each_purpose_has_a_switch_that_is_off_a_sentence_and_its_whole_text(browser: Client) -> None:
    page = page_of(browser)
    switches = [each for each in page.all("input") if each.get("role") == "switch"]
    assert [each["value"] for each in switches] == [*Purpose]
    assert not [each for each in switches if "checked" in each.attributes]
    for each in switches:
        text = current_text(Purpose(each["value"]))
        said = page.by_id(each["aria-describedby"])
        assert said is not None
        assert said.text == text.summary == str(SUMMARIES[text.purpose])
    folded = [each.text for each in page.all("details") if each.get("class") == "disclosure"]
    for purpose, words in zip(Purpose, folded, strict=True):
        assert all(paragraph in words for _, paragraph in current_text(purpose).paragraphs)
    assert [each.text for each in page.all("span") if each.text == "needed"] == ["needed"]


def test_the_api_has_the_sentences_too(browser: Client) -> None:
    told = browser.get("/api/v1/privacy/consents").json()
    assert [each["summary"] for each in told] == [str(SUMMARIES[purpose]) for purpose in Purpose]


def test_the_time_zone_is_saved_with_the_first_consent(
    browser: Client, account: TikTokAccount, django_capture_on_commit_callbacks: Any
) -> None:
    assert page_of(browser).by_id("id_time_zone") is not None
    chosen: list[int] = []
    time_zone_chosen.connect(lambda account_id, **_: chosen.append(account_id), weak=False, dispatch_uid="test")
    try:
        with django_capture_on_commit_callbacks(execute=True):
            answer = start(browser, time_zone="Asia/Tokyo")
    finally:
        time_zone_chosen.disconnect(dispatch_uid="test")
    assert answer["Location"] == "/overview/"
    account.refresh_from_db()
    assert account.time_zone == "Asia/Tokyo"
    assert chosen == [account.pk]


@pytest.mark.parametrize("name", ["", "  "])
def test_the_time_zone_is_optional(name: str, browser: Client, account: TikTokAccount) -> None:
    assert start(browser, time_zone=name)["Location"] == "/overview/"
    account.refresh_from_db()
    assert account.time_zone == ""
    assert selectors.has_consent(account.user_id, Purpose.SERVICE)


@pytest.mark.parametrize("name", ["Mars/Olympus", "x" * 5000, "\x00", "../etc/passwd"])
def test_a_name_that_is_no_zone_is_told_and_the_consents_are_saved(
    name: str, browser: Client, account: TikTokAccount
) -> None:
    answer = browser.post(PATH, {"start": "yes", "agree": ["service"], "time_zone": name, **VERSIONS}, follow=True)
    assert "is no time zone" in answer.content.decode()
    account.refresh_from_db()
    assert account.time_zone == ""
    assert selectors.has_consent(account.user_id, Purpose.SERVICE)


def test_without_the_consent_to_the_service_nothing_of_the_account_is_stored(
    browser: Client, account: TikTokAccount
) -> None:
    start(browser, agree=["outcomes"], time_zone="Asia/Tokyo")
    account.refresh_from_db()
    assert account.time_zone == ""


def test_a_zone_that_was_chosen_stays_and_is_not_asked_for(browser: Client, account: TikTokAccount) -> None:
    account.time_zone = "Europe/Berlin"
    account.save()
    assert page_of(browser).by_id("id_time_zone") is None
    start(browser, time_zone="Asia/Tokyo")
    account.refresh_from_db()
    assert account.time_zone == "Europe/Berlin"


def test_it_is_asked_for_at_the_start_only_and_of_people_with_an_account(browser: Client) -> None:
    start(browser)
    assert page_of(browser).by_id("id_time_zone") is None
    alone = Client()
    alone.force_login(UserFactory(consents=()))
    assert page_of(alone).by_id("id_time_zone") is None
