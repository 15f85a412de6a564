"""The page that waits for TikTok: with and without JavaScript, wide and narrow, and its ends."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage
from tests.sandbox.client import SandboxProcess


def allow(page: Page, tiktok: SandboxProcess) -> None:
    page.goto("/sign-in/")
    page.get_by_role("button", name="Sign in with TikTok").click()
    page.locator("input[name=creator]").first.check()
    page.get_by_role("button", name="Allow").click()


def assert_it_fits(page: Page) -> None:
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.locator("body").bounding_box()["width"] <= width  # type: ignore[index]


@pytest.mark.parametrize("javascript", [True, False])
def test_it_says_what_it_waits_for_and_leads_on(javascript: bool, tiktok: SandboxProcess, open_page: OpenPage) -> None:
    tiktok.control.fault("slow", "oauth/token", seconds=2)
    page = open_page(java_script_enabled=javascript)
    allow(page, tiktok)
    expect(page.get_by_role("heading", level=1)).to_have_text("Connecting to TikTok …")
    expect(page.get_by_role("progressbar")).to_be_visible()
    assert_it_fits(page)
    expect(page.get_by_role("heading", name="Before Postcast starts")).to_be_visible()


def test_where_tiktok_fails_it_says_so_and_offers_a_way_on(tiktok: SandboxProcess, open_page: OpenPage) -> None:
    tiktok.control.fault("500", "oauth/token", times=None)
    page = open_page(forgive=["status of 401"])
    allow(page, tiktok)
    expect(page.get_by_role("heading", level=1)).to_have_text("TikTok did not answer")
    assert_it_fits(page)
    tiktok.control.clear_faults()
    page.get_by_role("button", name="Try again").click()
    expect(page).to_have_url(re.compile("/v2/auth/authorize/"))
