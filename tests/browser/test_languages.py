"""Pages fit a phone in German, whose words are long, and in Arabic, from right to left."""

import re
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import OpenPage
from tests.browser.test_layout import PATHS
from tests.factories import SUGGESTION
from tests.pages.conftest import make_creator


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
    ids: dict[str, Any] = {"account": creator.account.public_id, "draft": creator.draft.public_id}
    ids |= {"post": creator.account.posts.all()[0].public_id, "prediction": creator.met_prediction.public_id}
    for path in PATHS:
        page.goto(path.format(**ids))
        told = page.evaluate("[document.documentElement.lang, getComputedStyle(document.body).direction]")
        assert told == [language, direction], path
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, path
