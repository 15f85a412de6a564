"""From the welcome page through TikTok's consent and the first day to a forecast, as a person goes it."""

import re

import pytest
from playwright.sync_api import Page, expect

from accounts.models import TikTokAccount
from predictions.models import Prediction
from tests.browser.conftest import OpenPage
from tests.sandbox.client import SandboxProcess


def an_ordinary_creator(tiktok: SandboxProcess) -> dict[str, object]:
    """The one with the fewest posts that fill several pages, and nothing odd about them."""
    several_pages = [each for each in tiktok.control.creators() if not each["oddity"] and each["posts"] >= 25]
    return min(several_pages, key=lambda each: each["posts"])


def sign_in(page: Page, creator: str, *, decline: str = "") -> None:
    page.goto("/")
    page.get_by_role("button", name="Sign in with TikTok").click()
    page.locator(f"input[name=creator][value='{creator}']").check()
    if decline:
        page.locator(f"input[name=scope][value='{decline}']").uncheck()
    page.get_by_role("button", name="Allow").click()
    expect(page.get_by_role("heading", name="Before Postcast starts")).to_be_visible()
    page.get_by_role("switch", name="Forecasting your posts").check()
    page.get_by_role("button", name="Save and go on").click()
    expect(page).to_have_url(re.compile(r"/overview/$"))


def open_posts(page: Page) -> None:
    """Wait until the first day is over, and go on to the posts."""
    expect(page.get_by_role("heading", name="What we found")).to_be_visible()
    expect(page.get_by_role("heading", name="Up to date")).to_be_visible()
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Posts").click()
    expect(page).to_have_url(re.compile(r"/posts/"))
    expect(page.get_by_role("heading", name="Up to date")).to_be_visible()


@pytest.mark.parametrize("width", [390, pytest.param(1200, marks=pytest.mark.prove)])
def test_from_the_consent_page_to_a_forecast(width: int, tiktok: SandboxProcess, open_page: OpenPage) -> None:
    creator = an_ordinary_creator(tiktok)
    page = open_page(width=width, timezone_id="Asia/Tokyo")
    sign_in(page, str(creator["handle"]))

    expect(page.get_by_role("heading", name="What we found")).to_be_visible()
    expect(page.locator("#live")).to_contain_text("likes after 24 hours")
    expect(page.locator("#live")).to_contain_text("replayed: inside the range")
    expect(page.locator("#live figure [role=img]:visible")).to_be_visible()
    assert TikTokAccount.objects.get().time_zone == "Asia/Tokyo"
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    open_posts(page)
    expect(page.locator("#posts")).to_contain_text(f"{creator['posts']} posts")
    expect(page.locator("#posts svg:visible").first).to_be_visible()

    page.get_by_role("navigation", name="Main").get_by_role("link", name="Overview").click()
    page.get_by_role("link", name="Forecast your next post").click()
    expect(page).to_have_url(re.compile("/compose/"))
    page.evaluate("window.sameDocument = true")
    page.get_by_label("Caption").fill("Sunset at the pier #sunset #photography")
    page.get_by_label("Length of the video").fill("25")
    page.get_by_role("button", name="Forecast").click()
    result = page.locator("#result")
    expect(result.get_by_text("likes after 24 hours, typically")).to_be_visible()
    expect(result).to_contain_text("4 posts in 5 land here")
    assert page.evaluate("window.sameDocument") is True

    page.goto("/forecasts/")
    given = Prediction.objects.get()
    page.get_by_role("row").get_by_role("link").first.click()
    expect(page).to_have_url(re.compile(given.public_id))
    expect(page.locator("main")).to_contain_text("Not known yet")

    page.get_by_role("banner").get_by_text("Account", exact=True).click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("status")).to_contain_text("You are signed out")


def test_a_refresh_shows_its_progress_or_says_that_it_waits_and_can_be_hurried(
    tiktok: SandboxProcess, open_page: OpenPage
) -> None:
    creator = str(an_ordinary_creator(tiktok)["handle"])
    page = open_page()
    sign_in(page, creator)
    open_posts(page)
    tiktok.control.publish(creator, caption="New tide #fresh", hashtags=["fresh"], duration_s=12)
    # slow enough to be seen under way
    tiktok.control.fault("slow", "video/list", seconds=2)
    page.get_by_role("button", name="Refresh now").click()
    expect(page.get_by_role("progressbar")).to_be_visible()
    expect(page.get_by_role("status").filter(has_text="Fetching")).to_be_attached()
    expect(page.get_by_role("rowheader").first).to_be_visible()
    expect(page.locator("#posts")).to_contain_text("#fresh")
    expect(page.get_by_role("status").filter(has_text="Up to date")).to_be_attached()

    tiktok.control.fault("500", "video/list", times=None)
    page.get_by_role("button", name="Refresh now").click()
    expect(page.get_by_role("heading", name="Waiting for TikTok")).to_be_visible()
    expect(page.get_by_role("progressbar")).not_to_be_attached()
    expect(page.get_by_role("status").filter(has_text="TikTok does not answer")).to_be_attached()
    tiktok.control.clear_faults()
    page.get_by_role("button", name="Try now").click()
    expect(page.get_by_role("heading", name="Up to date")).to_be_visible()


def test_declined_videos_can_be_allowed_after_all_and_the_first_day_says_what_goes_on_while_tiktok_is_slow(
    tiktok: SandboxProcess, open_page: OpenPage
) -> None:
    creator = an_ordinary_creator(tiktok)
    page = open_page(width=390)
    sign_in(page, str(creator["handle"]), decline="video.list")
    expect(page.get_by_role("heading", name="Your videos were not allowed")).to_be_visible()
    tiktok.control.fault("500", "video/list", times=None)
    page.get_by_role("button", name="Connect again").click()
    page.locator(f"input[name=creator][value='{creator['handle']}']").check()
    page.get_by_role("button", name="Allow").click()
    expect(page.locator("#live")).to_contain_text("TikTok is slow at the moment.")
    expect(page.locator("[aria-current=step]")).to_contain_text("Reading your posts")
    tiktok.control.clear_faults()
    page.get_by_role("button", name="Try now").click()
    expect(page.get_by_role("status").filter(has_text="What we found")).to_be_attached()
    open_posts(page)
    expect(page.locator("#posts")).to_contain_text(f"{creator['posts']} posts")


def test_denying_leads_back_with_an_explanation(tiktok: SandboxProcess, open_page: OpenPage) -> None:
    page = open_page()
    page.goto("/sign-in/")
    page.get_by_role("button", name="Sign in with TikTok").click()
    page.get_by_role("button", name="Deny").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("You were not signed in")
    expect(page.get_by_role("button", name="Try again")).to_be_visible()
