"""Pages fit a phone in German, whose words are long, and in Arabic, from right to left."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import OpenPage
from tests.browser.test_craft import pages_of
from tests.factories import SUGGESTION
from tests.pages.conftest import make_creator
from tests.pages.test_every_page import MEMBERS


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("language", "name", "direction"), [("de", "Deutsch", "ltr"), ("ar", "العربية", "rtl")])
def test_a_language_is_chosen_and_every_page_fits(
    language: str, name: str, direction: str, open_page: OpenPage
) -> None:
    creator = make_creator(posts=30)
    creator.met_prediction.suggestions = [SUGGESTION]
    creator.met_prediction.save()
    page = open_page(user=creator.user, width=360)
    page.goto("/help/")
    page.get_by_role("link", name="Language").click()
    page.get_by_role("button", name=name).click()
    expect(page).to_have_url(re.compile("/help/$"))
    for path in pages_of(creator, page, [path for path in MEMBERS if not path.startswith("/accounts/")]):
        told = page.evaluate("[document.documentElement.lang, getComputedStyle(document.body).direction]")
        assert told == [language, direction], path
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, path
