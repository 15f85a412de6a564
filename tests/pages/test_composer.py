"""The composer: a forecast for a sound draft, errors beside the fields of others, and nothing lost that was typed."""

import io
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from django.utils.text import capfirst
from PIL import Image

from predictions.models import Prediction
from privacy.purposes import Purpose
from tests.factories import agree
from tests.pages.conftest import Creator
from tests.pages.html import read
from tests.pages.test_every_page import check_page

SOON = (timezone.now() + timedelta(hours=30)).strftime("%Y-%m-%dT%H:%M")
DRAFT = {"caption": "Sunset at the pier #sunset #photography", "publish_at": SOON, "duration_s": "25"}


def picture() -> SimpleUploadedFile:
    data = io.BytesIO()
    Image.new("RGB", (90, 160), "teal").save(data, "JPEG")
    return SimpleUploadedFile("cover.jpg", data.getvalue(), "image/jpeg")


def test_a_draft_gets_a_forecast_that_is_recorded(browser: Client, creator: Creator) -> None:
    before = Prediction.objects.count()
    response = browser.post("/compose/", {**DRAFT, "cover": picture()})
    assert response.status_code == 200
    check_page(response.content.decode(), response.headers["Content-Security-Policy"])
    given = Prediction.objects.first()
    assert given is not None
    assert Prediction.objects.count() == before + 1
    assert (given.account, given.duration_s, given.client) == (creator.account, 25, "web")
    assert given.hashtags == ["sunset", "photography"]
    assert given.publish_at.strftime("%Y-%m-%dT%H:%M") == SOON
    assert given.caption == DRAFT["caption"]
    result = read(response.content.decode()).by_id("result")
    assert result is not None
    headline = next(element for element in result.all("p") if element.get("class") == "headline")
    assert headline.text.endswith("likes after 24 hours, typically")
    for warning in given.warnings:
        assert capfirst(warning) in result.text


def test_what_was_typed_stays(browser: Client, creator: Creator) -> None:
    page = read(browser.post("/compose/", DRAFT).content.decode())
    caption, moment, duration = (page.by_id(f"id_{name}") for name in DRAFT)
    assert caption
    assert moment
    assert duration
    assert (caption.text, moment["value"], duration["value"]) == tuple(DRAFT.values())


@pytest.mark.parametrize(
    ("field", "value", "expected"),
    [
        ("publish_at", "", "Say when you plan to publish."),
        ("publish_at", "tomorrow", "Write a date and a time"),
        ("publish_at", "2020-01-01T10:00", "in the past"),
        ("publish_at", "2090-01-01T10:00", "more than a year ahead"),
        ("duration_s", "0", "at least a second"),
        ("duration_s", "half a minute", "whole seconds"),
        ("duration_s", "99999", "up to an hour"),
        ("caption", "x" * 4001, "at most 4,000 characters; this has 4001"),
        ("cover", SimpleUploadedFile("cover.jpg", b"not a picture", "image/jpeg"), "could not be read as a picture"),
        ("cover", SimpleUploadedFile("cover.jpg", bytes(5 * 1024 * 1024 + 1), "image/jpeg"), "larger than 5 MB"),
    ],
)
def test_errors_stand_beside_their_field(
    field: str, value: object, expected: str, browser: Client, creator: Creator
) -> None:
    before = Prediction.objects.count()
    response = browser.post("/compose/", {**DRAFT, field: value})
    assert Prediction.objects.count() == before
    check_page(response.content.decode(), response.headers["Content-Security-Policy"])
    page = read(response.content.decode())
    control, error = page.by_id(f"id_{field}"), page.by_id(f"id_{field}_error")
    assert control is not None
    assert error is not None
    assert expected in error.text
    assert control["aria-invalid"] == "true"
    assert f"id_{field}_error" in control["aria-describedby"]
    if field != "caption":
        caption = page.by_id("id_caption")
        assert caption is not None
        assert caption.text == DRAFT["caption"]


def test_captions_are_shown_as_text(browser: Client, creator: Creator) -> None:
    attack = "</textarea><script>alert(1)</script>"
    page = read(browser.post("/compose/", {**DRAFT, "caption": attack}).content.decode())
    caption = page.by_id("id_caption")
    assert caption is not None
    assert caption.text == attack
    assert all(script.get("src") for script in page.all("script"))


def test_the_text_is_kept_for_who_wants_that(browser: Client, creator: Creator) -> None:
    agree(creator.user, Purpose.DRAFTS)
    browser.post("/compose/", DRAFT)
    given = Prediction.objects.first()
    assert given is not None
    assert DRAFT["caption"] in browser.get(f"/forecasts/{given.public_id}/").content.decode()
