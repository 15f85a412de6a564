"""A brand's Monday: how each account did, its report, a link for a client, a comment on a colleague's draft."""

import re

import pytest
from playwright.sync_api import expect

from accounts.models import Seat
from privacy.purposes import Purpose
from tests.accounts.seats.factories import SeatFactory
from tests.browser.conftest import OpenPage
from tests.factories import agree
from tests.pages.conftest import Creator, make_creator
from tests.predictions.plan.factories import SavedDraftFactory


@pytest.fixture
def creator(transactional_db: None) -> Creator:
    return make_creator()


def test_a_brands_monday(creator: Creator, open_page: OpenPage) -> None:
    colleagues = SeatFactory(person=creator.user, role=Seat.Role.VIEWER).account
    agree(colleagues.user, Purpose.DRAFTS)
    draft = SavedDraftFactory(account=colleagues, caption="New roast at dawn")
    page = open_page(user=creator.user)
    page.goto("/side-by-side/")
    page.get_by_role("link", name=f"Report of {creator.account.name}").click()
    expect(page).to_have_url(re.compile(r"/report/\?account="))
    expect(page.get_by_role("button", name="Print or save as PDF")).to_be_visible()
    page.get_by_role("link", name="Share", exact=True).click()
    expect(page).to_have_url(re.compile(r"/sharing/report/"))
    page.get_by_role("button", name="Make the link").click()
    address = page.locator("#address").inner_text()
    client = open_page()
    client.goto(address)
    expect(client.get_by_role("heading", name="At a glance")).to_be_visible()
    expect(client.get_by_role("link", name="Plan")).to_have_count(0)
    page.goto(f"/plan/drafts/{draft.public_id}/")
    page.get_by_label("Your comment").fill("Name the bean?")
    page.get_by_role("button", name="Add a comment").click()
    expect(page.get_by_text("Name the bean?")).to_be_visible()
    expect(page.get_by_role("button", name="Save draft")).to_have_count(0)
    page.goto("/sharing/")
    page.get_by_role("button", name="Revoke").first.click()
    expect(page.get_by_role("status")).to_contain_text("shows nothing any more")
