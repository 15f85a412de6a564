"""Writing a caption in a browser: from the composer, through a brief and its captions, back into the draft."""

import re

import pytest
from playwright.sync_api import expect

from predictions.models import SavedDraft
from privacy.purposes import Purpose
from tests.browser.conftest import OpenPage
from tests.factories import agree
from tests.pages.conftest import Creator, make_creator
from tests.predictions.captions.factories import kept_captions


@pytest.fixture
def creator(transactional_db: None) -> Creator:
    return make_creator()


def test_a_caption_is_written_edited_and_kept(creator: Creator, open_page: OpenPage) -> None:
    agree(creator.user, Purpose.DRAFTS, Purpose.WRITING)
    kept_captions(creator.account)
    page = open_page(user=creator.user, width=390)
    page.goto("/compose/")
    page.get_by_label("Caption").fill("Sourdough rolls, with cold butter")
    page.get_by_role("button", name="Write with me").click()
    expect(page).to_have_url(re.compile("/compose/write/"))
    brief = page.get_by_label("What is the post about?")
    expect(brief).to_have_value("Sourdough rolls, with cold butter")
    page.get_by_role("button", name="Write captions").click()
    first = page.get_by_label("Caption 1")
    expect(first).to_have_value(re.compile("cold butter"))
    page.locator("summary", has_text="Why this one").first.click()
    expect(page.locator(".why").first).to_be_visible()
    first.fill("My own words about cold butter")
    page.get_by_role("button", name="Keep this one").first.click()
    expect(page).to_have_url(re.compile(r"/(compose|plan/drafts)/"))
    expect(page.locator("#composer [name=caption]")).to_have_value("My own words about cold butter")
    expect(page.locator("#save-state")).to_have_text("Saved")
    assert SavedDraft.objects.filter(caption="My own words about cold butter").exists()
