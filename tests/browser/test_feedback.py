"""Feedback in a browser: from the composer without losing the draft, by keyboard, and without JavaScript."""

import re

import pytest
from playwright.sync_api import expect

from predictions.models import Feedback
from tests.browser.conftest import OpenPage
from tests.browser.test_composer import tab_to
from tests.factories import FeedbackFactory
from tests.pages.conftest import Creator, make_creator


@pytest.fixture
def creator(transactional_db: None) -> Creator:
    return make_creator()


def test_from_the_composer_by_keyboard_without_losing_the_draft(creator: Creator, open_page: OpenPage) -> None:
    page = open_page(user=creator.user)
    page.goto("/compose/")
    page.get_by_label("Caption").fill("Sunset #pier")
    page.get_by_role("button", name="Forecast").click()
    expect(page.get_by_text("Tell us why")).to_be_visible()
    tab_to(page, "Tell us why")
    page.keyboard.press("Enter")
    tab_to(page, "verdict")
    page.keyboard.press("ArrowDown")
    tab_to(page, "Send")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Why?")).to_be_focused()
    page.keyboard.type("It is too l")
    tab_to(page, "text")
    page.keyboard.type("The tide was out")
    tab_to(page, "Send")
    page.keyboard.press("Enter")
    feedback = page.locator("#feedback")
    expect(feedback).to_contain_text("You called this forecast wrong. It is too low.")
    expect(feedback).to_be_focused()
    expect(page.get_by_label("Caption")).to_have_value("Sunset #pier")
    expect(page.locator("#result")).to_contain_text("likes after 24 hours, typically")
    assert Feedback.objects.get().text == "The tide was out"
    page.get_by_role("button", name="Take it back").click()
    expect(feedback).to_contain_text("Is it useless or wrong?")
    assert not Feedback.objects.exists()


def test_it_works_without_javascript(creator: Creator, open_page: OpenPage) -> None:
    FeedbackFactory(prediction=creator.prediction)
    page = open_page(user=creator.user, java_script_enabled=False)
    page.goto(f"/forecasts/{creator.prediction.public_id}/")
    page.get_by_text("Change", exact=True).click()
    page.get_by_role("radio", name="useless").check()
    page.get_by_role("button", name="Send").click()
    expect(page).to_have_url(re.compile(r"/forecasts/\w+/#feedback$"))
    expect(page.locator("#feedback")).to_contain_text("You called this forecast useless. It is too high.")
    expect(page.get_by_role("status")).to_contain_text("Thank you")


def test_signed_out_meanwhile_it_leads_to_the_sign_in(creator: Creator, open_page: OpenPage) -> None:
    page = open_page(user=creator.user)
    page.goto(f"/forecasts/{creator.prediction.public_id}/")
    page.get_by_text("Tell us why").click()
    page.get_by_role("radio", name="useless").check()
    page.get_by_label("Why?").select_option("unclear")
    creator.user.is_active = False
    creator.user.save()
    page.get_by_role("button", name="Send").click()
    expect(page).to_have_url(re.compile("/sign-in/"))
    assert not Feedback.objects.exists()
