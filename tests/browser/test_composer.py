"""The composer in a browser: by keyboard alone, without JavaScript, with errors in place."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from predictions.learning.services import update_weights
from tests.browser.conftest import OpenPage
from tests.factories import history_with_effects
from tests.pages.conftest import Creator, make_creator
from tests.pages.test_composer import picture


@pytest.fixture
def creator(transactional_db: None) -> Creator:
    return make_creator()


def tab_to(page: Page, name: str) -> None:
    """Press Tab until the control of that name has the focus, seeing on the way that focus is always shown."""
    for _ in range(40):
        page.keyboard.press("Tab")
        focused = page.evaluate(
            "(() => { const e = document.activeElement, s = getComputedStyle(e);"
            " return [e.name || e.textContent.trim(), s.outlineStyle, parseFloat(s.outlineWidth)]; })()"
        )
        assert focused[1] != "none", focused
        assert focused[2] >= 2
        if focused[0] == name:
            return
    raise AssertionError(f"Tab never reaches {name!r}")


def test_composing_by_keyboard_alone(creator: Creator, open_page: OpenPage) -> None:
    page = open_page(user=creator.user)
    page.goto("/compose/")
    tab_to(page, "Skip to the content")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    tab_to(page, "caption")
    page.keyboard.type("Which one would you pick? #question")
    tab_to(page, "duration_s")
    page.keyboard.type("18")
    tab_to(page, "Forecast")
    page.keyboard.press("Enter")
    expect(page.locator("#result")).to_contain_text("likes after 24 hours, typically")
    expect(page.get_by_role("status").filter(has_text="likes after 24 hours")).to_be_attached()


def test_counter_and_time_zone_are_told_while_typing(creator: Creator, open_page: OpenPage) -> None:
    page = open_page(user=creator.user, timezone_id="Europe/Berlin")
    page.goto("/compose/")
    page.get_by_label("Caption").fill("Tide 🌊 #sea #pier")
    expect(page.locator("#caption-counter")).to_have_text("17 of 4,000 characters, 2 hashtags")
    page.get_by_label("Date and time").fill("2026-12-01T18:00")
    expect(page.locator("#local-time")).to_have_text("Where you are (Europe/Berlin) that is Tuesday 19:00.")


def test_errors_appear_in_place_and_go_again(creator: Creator, open_page: OpenPage) -> None:
    page = open_page(user=creator.user)
    page.goto("/compose/")
    page.get_by_label("Caption").fill("Sunset #pier")
    duration = page.get_by_label("Length of the video")
    duration.fill("99999")
    page.get_by_role("button", name="Forecast").click()
    expect(duration).to_be_focused()
    expect(duration).to_have_attribute("aria-invalid", "true")
    expect(page.locator("#field-duration_s")).to_contain_text("up to an hour")
    expect(page.get_by_label("Caption")).to_have_value("Sunset #pier")
    duration.fill("20")
    page.get_by_role("button", name="Forecast").click()
    expect(page.locator("#result")).to_contain_text("likes after 24 hours, typically")
    expect(page.locator(".errorlist")).to_have_count(0)
    expect(duration).not_to_have_attribute("aria-invalid", "true")


def test_a_suggestion_is_applied_and_undone_in_place(creator: Creator, open_page: OpenPage) -> None:
    creator.account.posts.all().delete()
    history_with_effects(creator.account, count=90, until=timezone.now() - timedelta(hours=30))
    update_weights(account_id=creator.account.pk)
    page = open_page(user=creator.user)
    page.goto("/compose/")
    page.get_by_label("Caption").fill("At the pier again #pier")
    page.get_by_label("Cover").set_input_files(
        {"name": "cover.jpg", "mimeType": "image/jpeg", "buffer": picture().read()}
    )
    page.get_by_role("button", name="Forecast").click()

    page.get_by_role("button", name="Apply “Add #dunes”").click()
    expect(page.get_by_label("Caption")).to_have_value("At the pier again #pier #dunes")
    expect(page.locator("#caption-counter")).to_contain_text("2 hashtags")
    expect(page.locator("#result")).to_contain_text("Before and now")
    expect(page.locator("#result")).to_be_focused()
    # nothing was loaded anew: the picture is still chosen
    assert page.get_by_label("Cover").evaluate("input => input.files.length") == 1
    page.get_by_role("button", name="Undo the change").click()
    expect(page.get_by_label("Caption")).to_have_value("At the pier again #pier")
    expect(page.locator("#result")).not_to_contain_text("Before and now")
    page.get_by_role("button", name="Compare variants").click()
    expect(page).to_have_url(re.compile("/compose/variants/"))
    expect(page.get_by_label("Caption").first).to_have_value("At the pier again #pier")


def test_it_works_without_javascript(creator: Creator, open_page: OpenPage) -> None:
    page = open_page(user=creator.user, java_script_enabled=False)
    page.goto("/compose/")
    page.get_by_label("Caption").fill("Sunset #pier")
    page.get_by_role("button", name="Forecast").click()
    expect(page.locator("#result")).to_contain_text("likes after 24 hours, typically")
    expect(page).to_have_url(re.compile("/compose/"))
    expect(page.get_by_label("Caption")).to_have_value("Sunset #pier")
