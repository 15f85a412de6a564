"""Journeys as a person walks them: a week is planned, a result comes in, what was agreed to is taken back, all ends."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone
from playwright.sync_api import expect

from accounts.linked.local_time import zone_of
from accounts.models import TikTokAccount
from posts.ingest.schedule import observe_account
from predictions.outcomes.services import meet_outcomes
from privacy.purposes import Purpose
from tests.browser.conftest import OpenPage
from tests.browser.test_whole_way import an_ordinary_creator, open_posts, sign_in
from tests.factories import agree
from tests.pages.conftest import Creator, make_creator
from tests.sandbox.client import SandboxProcess


@pytest.fixture
def creator(transactional_db: None) -> Creator:
    return make_creator()


def test_a_week_is_planned_and_keeping_texts_taken_back(creator: Creator, open_page: OpenPage) -> None:
    agree(creator.user, Purpose.DRAFTS)
    page = open_page(user=creator.user, width=390)
    page.goto("/plan/")
    page.get_by_role("link", name="New draft").click()
    expect(page).to_have_url(re.compile("/compose/"))
    page.get_by_label("Caption").fill("Fog over the harbour #pier")
    tomorrow = timezone.now() + timedelta(days=1)
    page.get_by_label("Date and time").fill(f"{tomorrow:%Y-%m-%dT18:30}")
    expect(page.locator("#save-state")).to_have_text("Saved")
    page.get_by_text("Compare variants").click()
    page.get_by_label("Variant B").fill("Fog over the harbour, which boat is yours? #pier #sea")
    expect(page.locator("#comparison")).to_contain_text("Wins")
    expect(page.locator("#save-state")).to_have_text("Saved")
    page.goto(f"/plan/?week={tomorrow:%Y-%m-%d}")
    day = page.locator(".plan-day").filter(has_text="Fog over the harbour")
    expect(day).to_contain_text("18:30")
    expect(day.get_by_role("link", name="Fog over the harbour")).to_be_visible()

    page.goto("/your-data/consent/")
    page.get_by_role("switch", name="Keeping your texts").uncheck()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status").first).to_be_visible()
    page.goto(f"/plan/?week={tomorrow:%Y-%m-%d}")
    expect(page.get_by_text("Fog over the harbour")).to_have_count(0)
    expect(page.locator(".plan-day", has_text="18:30")).to_be_visible()


def test_what_is_shared_is_revoked_and_everything_erased(creator: Creator, open_page: OpenPage) -> None:
    page = open_page(user=creator.user)
    page.goto(f"/forecasts/{creator.prediction.public_id}/")
    page.get_by_role("link", name="Share", exact=True).click()
    page.get_by_role("button", name="Make the link").click()
    address = page.locator("#address").inner_text()
    client = open_page(forgive=["404"])
    client.goto(address)
    expect(client.locator("main")).to_contain_text("4 posts in 5 land here")
    page.get_by_role("link", name="All your links").click()
    expect(page).to_have_url(re.compile("/sharing/$"))
    page.get_by_role("button", name="Revoke").first.click()
    expect(page.get_by_role("status")).to_contain_text("shows nothing any more")
    client.reload()
    expect(client.locator("main")).not_to_contain_text("4 posts in 5 land here")

    page.goto("/your-data/")
    page.get_by_role("link", name="Have everything erased").click()
    page.get_by_role("button", name=re.compile("Erase everything in")).click()
    expect(page.get_by_role("heading", name="You will be erased")).to_be_visible()
    receipt = str(page.get_by_role("link", name="see how it stands").get_attribute("href"))
    page.get_by_role("button", name="Erase now").click()
    expect(page.get_by_role("button", name="Erase now")).to_have_count(0)
    page.goto(receipt)
    expect(page.locator("main")).to_contain_text(receipt.strip("/").rpartition("/")[2])


def test_a_result_comes_in_and_is_told(tiktok: SandboxProcess, open_page: OpenPage) -> None:
    creator = str(an_ordinary_creator(tiktok)["handle"])
    page = open_page()
    sign_in(page, creator)
    open_posts(page)
    account = TikTokAccount.objects.get()
    agree(account.user, Purpose.OUTCOMES)
    page.goto("/compose/")
    page.get_by_label("Caption").fill("New tide #fresh")
    soon = timezone.localtime(timezone.now() + timedelta(minutes=5), zone_of(account))
    page.get_by_label("Date and time").fill(f"{soon:%Y-%m-%dT%H:%M}")
    page.get_by_role("button", name="Save forecast").click()
    expect(page.locator("#result")).to_contain_text("4 posts in 5 land here")
    # TikTok tells whole seconds: a post of the same one would seem older than its forecast
    page.wait_for_timeout(1_000)
    tiktok.control.publish(creator, caption="New tide #fresh", hashtags=["fresh"], duration_s=12)
    page.goto("/posts/")
    page.get_by_role("button", name="Refresh now").click()
    expect(page.locator("#posts")).to_contain_text("#fresh")
    tiktok.control.advance(24.2 * 3600)
    with time_machine.travel(timezone.now() + timedelta(hours=24.2)):
        observe_account(account_id=account.pk)
        meet_outcomes()
        page.goto("/notifications/")
        told = page.get_by_role("listitem").filter(has_text="A result is in")
        expect(told).to_contain_text("in 24 hours")
        told.get_by_role("button", name="Open").click()
        expect(page).to_have_url(re.compile("/posts/post_"))
        expect(page.locator("main")).to_contain_text("likes")
