"""The demo in a phone's browser: the forecast follows what is typed, and a suggestion is applied."""

import re

import pytest
from playwright.sync_api import expect

from predictions.demo.account import demo_account
from tests.browser.conftest import OpenPage


@pytest.mark.django_db(transaction=True)
def test_a_visitor_types_and_applies_a_suggestion_on_a_phone(open_page: OpenPage) -> None:
    # a cold process measures 120 captions first
    demo_account()
    page = open_page(width=390)
    page.goto("/demo/")
    page.get_by_role("link", name="Try a draft").click()
    expect(page).to_have_url(re.compile("/demo/plan/$"))
    range_told = page.locator("#announcement")
    expect(range_told).to_contain_text("4 posts in 5 land here")
    before = range_told.inner_text()
    caption = page.get_by_label("Caption")
    caption.fill("Cold-proofed loaf. Butter or jam? #sourdough #foryou")
    expect(page.locator("#caption-counter")).to_have_text("Characters: 52. Hashtags: 2.")
    expect(range_told).not_to_have_text(before)
    expect(range_told).to_contain_text("4 posts in 5 land here")
    # nothing was loaded anew: the caption keeps the focus
    expect(caption).to_be_focused()
    page.get_by_role("button", name="Apply “Leave out #foryou”").click()
    expect(caption).to_have_value("Cold-proofed loaf. Butter or jam? #sourdough")
    expect(page.locator("#result")).to_contain_text("Before and now")
    expect(page.locator("#result")).to_be_focused()
    page.get_by_role("button", name="Undo the change").click()
    expect(caption).to_have_value("Cold-proofed loaf. Butter or jam? #sourdough #foryou")
    page.get_by_label("Length in seconds").fill("0")
    expect(page.locator("#field-duration_s")).to_contain_text("at least a second")
    expect(page.locator("#result")).to_contain_text("Correct the marked fields first")
    assert page.context.cookies() == []
