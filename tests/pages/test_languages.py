"""Pages speak the language that was chosen or that the browser prefers; programs are answered in English."""

import re

from django.test import Client

from tests.pages.conftest import Creator
from tests.pages.html import read

GERMAN = {"accept-language": "de-AT,de;q=0.9,en;q=0.5"}


def test_a_page_speaks_the_browsers_language_until_one_is_chosen(db: None) -> None:
    browser = Client()
    page = browser.get("/help/", headers=GERMAN)
    assert next(read(page.content.decode()).all("html"))["lang"] == "de"
    assert "Accept-Language" in page["Vary"]
    assert "Cookie" in page["Vary"]

    assert browser.get("/language/?next=/help/", headers=GERMAN).status_code == 200
    answer = browser.post("/language/", {"language": "ar", "next": "/help/"})
    assert answer["Location"] == "/help/"
    html = next(read(browser.get("/help/", headers=GERMAN).content.decode()).all("html"))
    assert (html["lang"], html["dir"]) == ("ar", "rtl")


def test_the_choice_is_guarded(db: None) -> None:
    """No other site is led to, and a language that is none is not kept."""
    browser = Client()
    answer = browser.post("/language/", {"language": "tlh", "next": "https://example.com/"})
    assert answer["Location"] == "/"
    assert "language" not in answer.cookies
    assert next(read(browser.get("/help/").content.decode()).all("html"))["lang"] == "en-gb"


def test_programs_and_the_next_request_speak_english(browser: Client, creator: Creator) -> None:
    german = browser.get("/posts/", headers=GERMAN)
    assert "Neueste zuerst" in german.content.decode()
    refused = browser.get("/api/v1/posts?page_size=x", headers=GERMAN)
    assert refused.status_code == 400
    assert "expected" in refused.content.decode()
    assert "Newest first" in browser.get("/posts/").content.decode()


def test_figures_and_dates_are_german_and_pictures_are_not(browser: Client, creator: Creator) -> None:
    source = browser.get(f"/forecasts/{creator.met_prediction.public_id}/", headers=GERMAN).content.decode()
    assert re.search(r"\d\. (Jan|Feb|März|Apr|Mai|Juni|Juli|Aug|Sep|Okt|Nov|Dez)\w*\.? \d{4}, \d\d:\d\d", source)
    for address in ("/overview/", "/posts/", "/insights/", "/track-record/", "/demo/"):
        source += browser.get(address, headers=GERMAN).content.decode()
    pictures = re.findall(r"<svg.*?</svg>", source, re.DOTALL)
    assert len(pictures) > 10
    coordinates = re.compile(r' (?:x|y|x1|x2|y1|y2|cx|cy|r|width|height|viewBox)="[^"]*\d,\d')
    assert [picture for picture in pictures if coordinates.search(picture)] == []
