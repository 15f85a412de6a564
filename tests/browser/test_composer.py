"""A draft's page in a browser: forecast and saved while it is typed, never lost, by keyboard, without JavaScript."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from predictions.learning.services import update_weights
from predictions.models import Prediction
from privacy.purposes import Purpose
from tests.browser.conftest import OpenPage
from tests.browser.test_craft import findings
from tests.factories import agree, history_with_effects
from tests.pages.conftest import Creator, make_creator
from tests.pages.test_composer import picture
from tests.posts.content.drawn import ASTRONAUT


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
    tab_to(page, "Save forecast")
    page.keyboard.press("Enter")
    expect(page.locator("#result")).to_contain_text("likes after 24 hours, typically")
    expect(page.get_by_role("status").filter(has_text="likes after 24 hours")).to_be_attached()


def test_the_caption_is_counted_by_the_servers_rules(creator: Creator, open_page: OpenPage) -> None:
    page = open_page(user=creator.user)
    page.goto("/compose/")
    counter = page.locator("#caption-counter")
    page.get_by_label("Caption").fill("Tide 🌊 #sea #pier")
    expect(counter).to_have_text("17 of 4,000 characters, hashtags: 2.")
    page.get_by_label("Caption").fill("#a #b #c #d #e #f " + "x" * 150)
    expect(counter).to_contain_text("hashtags: 6. TikTok takes 5 hashtags.")
    expect(counter).to_contain_text("Programs such as this one read the first 150")


def test_a_draft_is_forecast_and_saved_while_it_is_typed(creator: Creator, open_page: OpenPage) -> None:
    agree(creator.user, Purpose.DRAFTS)
    recorded = Prediction.objects.count()
    page = open_page(user=creator.user)
    page.goto("/compose/")
    page.get_by_label("Caption").press_sequentially("Sunset #pier")
    expect(page.locator("#result")).to_contain_text("4 posts in 5 land here")
    expect(page.get_by_role("status").filter(has_text="Likely")).to_be_attached()
    expect(page.locator("#save-state")).to_have_text("Saved")
    expect(page).to_have_url(re.compile("/plan/drafts/drft_"))
    assert Prediction.objects.count() == recorded
    page.get_by_role("radio", name="Views").check(force=True)
    expect(page.locator(".headline:visible")).to_contain_text("views after 24 hours, typically")
    page.get_by_label("Caption").press_sequentially(" again")
    expect(page.locator("#result")).not_to_have_attribute("aria-busy", "true")
    # the switch stays where it was
    expect(page.locator(".headline:visible")).to_contain_text("views after 24 hours, typically")
    page.reload()
    expect(page.get_by_label("Caption")).to_have_value(re.compile("^Sunset #pier"))


def test_what_is_typed_offline_or_signed_out_is_restored(creator: Creator, open_page: OpenPage) -> None:
    agree(creator.user, Purpose.DRAFTS)
    page = open_page(user=creator.user, forgive=["net::ERR_INTERNET_DISCONNECTED"])
    page.goto(f"/plan/drafts/{creator.draft.public_id}/")
    page.context.set_offline(True)
    page.get_by_label("Caption").fill("Typed at sea #pier")
    expect(page.locator("#save-state")).to_contain_text("Not saved: offline")
    page.context.set_offline(False)
    expect(page.locator("#save-state")).to_have_text("Saved")
    session = next(cookie["value"] for cookie in page.context.cookies() if cookie["name"] == "sessionid")
    page.context.clear_cookies(name="sessionid")
    page.get_by_label("Caption").fill("Typed after the session ended #pier")
    expect(page.locator("#save-state")).to_contain_text("Not saved: you are signed out")
    page.context.add_cookies([{"name": "sessionid", "value": session, "url": page.evaluate("location.origin")}])
    page.reload()
    expect(page.get_by_label("Caption")).to_have_value("Typed after the session ended #pier")
    expect(page.locator("#save-state")).to_have_text("Saved")
    creator.draft.refresh_from_db()
    assert creator.draft.caption == "Typed after the session ended #pier"


def test_two_tabs_never_overwrite_each_other(creator: Creator, open_page: OpenPage) -> None:
    agree(creator.user, Purpose.DRAFTS)
    page = open_page(user=creator.user, forgive=["409"])
    page.goto(f"/plan/drafts/{creator.draft.public_id}/")
    other = page.context.new_page()
    other.goto(f"/plan/drafts/{creator.draft.public_id}/")
    other.get_by_label("Caption").fill("From the other tab")
    expect(other.locator("#save-state")).to_have_text("Saved")
    # tabs of one browser share its storage: this one still has the old text in its form
    page.get_by_label("Caption").fill("From this tab")
    expect(page.get_by_role("alert")).to_contain_text("From the other tab")
    expect(page.get_by_label("Caption")).to_have_value("From this tab")
    creator.draft.refresh_from_db()
    assert creator.draft.caption == "From the other tab"
    page.get_by_role("button", name="Keep mine").click()
    expect(page.locator("#save-state")).to_have_text("Saved")
    creator.draft.refresh_from_db()
    assert creator.draft.caption == "From this tab"


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
    expect(page.locator("#caption-counter")).to_contain_text("hashtags: 2")
    expect(page.locator("#result")).to_contain_text("Before and now")
    expect(page.locator("#result")).to_be_focused()
    # nothing was loaded anew: the picture is still there, measured
    expect(page.locator("#cover-preview")).to_be_visible()
    assert page.locator("#composer [name=measured_cover]").input_value()
    page.get_by_role("button", name="Undo the change").click()
    expect(page.get_by_label("Caption")).to_have_value("At the pier again #pier")
    expect(page.locator("#result")).not_to_contain_text("Before and now")
    page.get_by_text("Compare variants").click()
    page.get_by_label("Variant B").fill("At the pier again #pier #dunes")
    expect(page.locator("#comparison")).to_contain_text("Wins")


def test_it_works_without_javascript(creator: Creator, open_page: OpenPage) -> None:
    page = open_page(user=creator.user, java_script_enabled=False)
    page.goto("/compose/")
    page.get_by_label("Caption").fill("Sunset #pier")
    page.get_by_role("button", name="Forecast").click()
    expect(page.locator("#result")).to_contain_text("likes after 24 hours, typically")
    expect(page.get_by_label("Caption")).to_have_value("Sunset #pier")
    page.get_by_role("button", name="Save draft").click()
    expect(page).to_have_url(re.compile("/plan/drafts/drft_"))
    expect(page.get_by_text("The draft is saved.")).to_be_visible()


def test_a_picture_is_told_in_a_sentence_to_edit_and_copy(creator: Creator, open_page: OpenPage) -> None:
    page = open_page(user=creator.user, permissions=["clipboard-read", "clipboard-write"])
    page.goto("/compose/")
    expect(page.get_by_label("Alt text")).to_have_count(0)
    page.get_by_label("Cover").set_input_files(ASTRONAUT)
    told = page.get_by_label("Alt text")
    expect(told).to_have_value(re.compile("picture of a person"))
    expect(page.locator("#picture-told")).to_contain_text("not checked for nudity")
    expect(page.locator("#save-state")).to_have_text("Saved")
    told.fill("My aunt before her first flight.")
    # the next forecast leaves what was written, and it is no part of the draft
    with page.expect_response("**/drafts/try/**"):
        page.get_by_label("Caption").fill("Up #space")
    page.get_by_role("button", name="Copy the alt text").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == "My aunt before her first flight."
    assert findings(page, but_not="#result") == []
    page.get_by_role("button", name="Remove the picture").click()
    expect(told).to_have_count(0)
