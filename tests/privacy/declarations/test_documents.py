"""The privacy page is true and complete."""

import pytest
from django.test import Client

from privacy import texts
from privacy.declarations.documents import GROUNDS, categories
from privacy.declarations.kinds import Files, RedisKeys, Table
from privacy.declarations.registry import declared
from privacy.models import Erasure
from privacy.purposes import Purpose
from tests.factories import UserFactory, agree
from tests.pages.html import read

pytestmark = pytest.mark.django_db


def words_of(client: Client, path: str) -> str:
    """Return the visible text, on one line."""
    return " ".join(read(client.get(path).content.decode()).text.split())


def test_the_privacy_page_says_of_each_kind_of_data_why_on_what_ground_and_how_long(client: Client) -> None:
    page = words_of(client, "/privacy/").casefold()
    for category in categories():
        for told in (category.name, *category.whys, *category.grounds, *category.retentions):
            assert told.casefold() in page, told


def test_each_consent_is_named_by_the_title_that_it_was_asked_for_under() -> None:
    grounds = {ground for category in categories() for ground in category.grounds}
    assert grounds >= set(GROUNDS.values())
    for purpose in Purpose:
        assert any(texts.current_text(purpose).title[1:] in ground for ground in grounds), purpose


def test_the_page_lists_data_outside_of_the_database() -> None:
    told = {category.name for category in categories()}
    personal = [each for each in declared() if isinstance(each, Table | RedisKeys | Files) and each.personal]
    assert {each.category for each in personal if not (isinstance(each, Table) and each.of_staff)} == told


@pytest.mark.parametrize(
    "fact",
    [
        "the program calls itself is kept with the forecast",
        "without consent to the first, the service itself, everything is erased 30 days later",
        "if you sign in and never agree, you are erased 30 days later",
        "what is usual for accounts of one size",
        "an ip address is looked at, for minutes",
        "backups of the database are made by the operator",
        "only the basic profile is needed",
        "complain to the data protection authority",
    ],
)
def test_the_privacy_page_leaves_no_fact_out(fact: str, client: Client) -> None:
    assert fact in words_of(client, "/privacy/").casefold()


def test_the_words_that_were_agreed_to_can_be_read_again(own_texts: None, client: Client) -> None:
    user = UserFactory(consents=())
    agree(user, Purpose.DRAFTS)
    old = (texts.FOLDER / "drafts" / "2.md").read_text()
    (texts.FOLDER / "drafts" / "3.md").write_text(old.replace("So that you can go on", "For another reason to go on"))
    texts.current_text.cache_clear()
    client.force_login(user)
    page = words_of(client, "/your-data/consent/")
    assert "For another reason" in page
    assert "So that you can go on" in page


def test_before_an_erasure_it_is_told_what_stays(client: Client) -> None:
    client.force_login(UserFactory())
    page = words_of(client, "/your-data/erasure/")
    for stays in ("a receipt", "whose key is destroyed", "codes made with a secret key"):
        assert stays in page
    assert "everything is erased after 30 days" in page


def test_an_erasure_that_waits_is_said_to_name_the_person() -> None:
    [table] = [each for each in declared() if isinstance(each, Table) and each.model == Erasure._meta.label]
    assert table.retention.text.startswith("until it is done or cancelled; then only a receipt")
