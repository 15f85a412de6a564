"""From no TikTok at all to a forecast, through a file; and how the pages of an import look."""

import os
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import FilePayload, expect

from accounts.linked.services import open_file_account
from posts.models import Post
from tests.browser.conftest import PATIENCE_MS, OpenPage
from tests.factories import UserFactory
from tests.posts.platforms.exports.files import as_json, as_zip, export_of, export_rows

RECIPES = [{"Comment": text} for text in ("recipe please?", "what is the recipe?", "Can I get the recipe?", "lovely")]
SHOTS = os.environ.get("SHOTS")
"""A folder for pictures of the pages."""


def export(posts: int = 60) -> FilePayload:
    rows = export_rows(posts)
    rows[0]["Comments"] = RECIPES
    rows[3]["Likes"] = "-5"
    rows[4]["Date"] = "yesterday"
    content = as_zip({"TikTok_Data/user_data_tiktok.json": as_json(export_of("Post > Posts > VideoList", rows))})
    return {"name": "TikTok_Data.zip", "mimeType": "application/zip", "buffer": content}


def test_from_nothing_to_a_forecast_through_a_file(worker: None, open_page: OpenPage, settings) -> None:
    settings.TIKTOK_CLIENT_KEY = settings.TIKTOK_CLIENT_SECRET = ""
    page = open_page(width=390)

    def look(name: str) -> None:
        page.wait_for_load_state()
        for width in (1280, 390):
            page.set_viewport_size({"width": width, "height": 800})
            assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, (name, width)
            if SHOTS:
                page.screenshot(path=Path(SHOTS) / f"{name}-{width}.png", full_page=True)

    page.goto("/")
    look("welcome")
    page.get_by_role("link", name="Start from a file").click()
    page.get_by_label("Name").fill("mia")
    page.get_by_label("Password", exact=True).fill("a long walk along the pier")
    page.get_by_label("Password confirmation").fill("a long walk along the pier")
    look("start")
    page.get_by_role("button", name="Start").click()
    page.get_by_role("switch", name="Forecasting your posts").check()
    page.get_by_role("button", name="Save and go on").click()
    expect(page.get_by_role("heading", name="No posts yet")).to_be_visible()
    page.get_by_role("main").get_by_role("link", name="Import a file").click()
    expect(page.get_by_label("File, or drop it here")).to_be_visible()
    look("bring")
    page.get_by_label("File, or drop it here").set_input_files(export())
    page.get_by_role("button", name="Look at it").click()
    expect(page.get_by_role("heading", name="What would be taken")).to_be_visible(timeout=PATIENCE_MS)
    expect(page.locator("main")).to_contain_text("Likes is “-5”")
    expect(page.locator("main")).to_contain_text("recipe")
    assert not Post.objects.exists()
    look("dry-run")
    page.get_by_role("button", name="Take these posts").click()
    expect(page.get_by_role("heading", name="What was taken")).to_be_visible(timeout=PATIENCE_MS)
    look("result")
    page.get_by_role("link", name="See your posts").click()
    expect(page.locator("#posts")).to_contain_text("58 posts")
    look("posts")
    page.get_by_role("link", name="New forecast").click()
    page.get_by_label("Caption").fill("Sunset at the pier #sunset")
    page.get_by_role("button", name="Save forecast").click()
    expect(page.locator("#result").get_by_text("likes after 24 hours, typically")).to_be_visible(timeout=PATIENCE_MS)


@pytest.mark.django_db(transaction=True)
def test_a_file_can_be_dropped(open_page: OpenPage) -> None:
    page = open_page(user=open_file_account(user=UserFactory(), now=timezone.now()).user)
    page.goto("/imports/")
    page.evaluate(
        """() => {
          const data = new DataTransfer();
          data.items.add(new File(["{}"], "user_data.json"));
          document.querySelector(".drop").dispatchEvent(new DragEvent("drop", {dataTransfer: data, bubbles: true}));
        }"""
    )
    assert page.evaluate("document.querySelector('#file').files[0].name") == "user_data.json"


def test_without_scripts_it_works_too(worker: None, open_page: OpenPage) -> None:
    page = open_page(user=open_file_account(user=UserFactory(), now=timezone.now()).user, java_script_enabled=False)
    page.goto("/imports/")
    page.get_by_label("File, or drop it here").set_input_files(export(8))
    page.get_by_role("button", name="Look at it").click()
    for _ in range(80):
        if page.get_by_role("button", name="Take these posts").count():
            break
        page.wait_for_timeout(250)
        page.reload()
    page.get_by_role("button", name="Take these posts").click()
    for _ in range(80):
        if page.get_by_role("heading", name="What was taken").count():
            break
        page.wait_for_timeout(250)
        page.reload()
    assert Post.objects.count() == 6
