"""Errors as browsers see them: in the frame, with navigation, the number of the request, and what was typed."""

import logging
import re
from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client
from django.views.defaults import server_error

from config import unavailable
from privacy.erasure.restores.gate import GATE
from telemetry.status_page import views as status_views
from tests.pages.conftest import Creator
from tests.pages.html import Element, read
from tests.pages.test_every_page import check_page

pytestmark = pytest.mark.django_db

HTML = {"Accept": "text/html,*/*;q=0.8"}
SAME_ORIGIN = {**HTML, "Origin": "http://testserver"}
CAPTION = "Sunset at the pier, and what happened next <3"


def check_error(response: Any, status: int) -> Element:
    """Check the frame, and return the page."""
    assert response.status_code == status
    # what is refused before the middleware of headers has no policy of its own, and nothing that would need one
    check_page(response.content.decode(), response.headers.get("Content-Security-Policy", ""))
    assert response.headers["Cache-Control"] == "no-store"
    page = read(response.content.decode())
    assert {"/", "/imprint/", "/status/", "/help/"} <= {link["href"] for link in page.all("a")}
    return page


def number_on(page: Element) -> str:
    found = re.search(r"Reference: ([0-9a-f-]{36})", page.text)
    assert found, page.text
    return found[1]


def refuse(client: Client, kind: str, monkeypatch: pytest.MonkeyPatch, settings: Any) -> Any:
    """Ask for something that is answered so."""
    if kind == "400":
        return client.get("/", headers={"Cookie": 'sessionid="a\\000"'})
    if kind == "bad host":
        return client.get("/", headers={"Host": "evil.example"})
    if kind == "404":
        return client.get("/there-is-no-such-page/")
    if kind == "405":
        return client.get("/webhooks/tiktok/", headers=HTML)
    if kind == "429":
        settings.RATE_LIMITS = {**settings.RATE_LIMITS, "page": "1/day"}
        client.get("/help/", REMOTE_ADDR="192.0.2.77")
        return client.get("/help/", REMOTE_ADDR="192.0.2.77")
    if kind == "csrf":
        return Client(enforce_csrf_checks=True, raise_request_exception=False).post("/accounts/logout/")
    if kind == "gate":
        monkeypatch.setattr(GATE, "reason", lambda: "shut")
        return client.get("/")

    def broken() -> None:
        raise OperationalError if kind == "503" else RuntimeError

    monkeypatch.setattr(status_views, "status", broken)
    return client.get("/status/")


STATUS = {
    "400": 400,
    "bad host": 400,
    "404": 404,
    "405": 405,
    "429": 429,
    "csrf": 403,
    "gate": 503,
    "503": 503,
    "500": 500,
}


@pytest.mark.parametrize("kind", STATUS)
def test_each_is_a_page_with_the_number_that_the_logs_have(
    kind: str, monkeypatch: pytest.MonkeyPatch, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        response = refuse(Client(raise_request_exception=False), kind, monkeypatch, settings)
    number = number_on(check_error(response, STATUS[kind]))
    if kind not in ("400", "gate"):  # these are answered before anything is logged
        assert number in caplog.text


def test_two_requests_have_two_numbers() -> None:
    pages = [read(Client().get("/nothing/").content.decode()) for _ in range(2)]
    assert len({number_on(page) for page in pages}) == 2


@pytest.mark.parametrize(("kind", "sections"), [("404", True), ("405", True), ("500", False)])
def test_people_who_are_signed_in_keep_their_navigation_where_they_can_be_looked_up(
    kind: str, sections: bool, browser: Client, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    browser.raise_request_exception = False
    page = check_error(refuse(browser, kind, monkeypatch, settings), STATUS[kind])
    assert ("/overview/" in {link["href"] for link in page.all("a")}) is sections


def test_a_crash_asks_no_database(django_assert_num_queries: Any, rf: Any) -> None:
    with django_assert_num_queries(0):
        assert unavailable.answer_error(rf.get("/")).status_code == 500
        assert unavailable.unavailable(rf.get("/"), "Away.", retry_after_s=1).status_code == 503
        assert server_error(rf.get("/")).status_code == 500


def test_programs_keep_the_bare_answer() -> None:
    assert Client().get("/webhooks/tiktok/").content == b""
    assert Client().get("/api/v1/predict", headers=HTML).headers["Content-Type"] == "application/problem+json"


def test_a_page_for_a_button_that_was_opened_leads_to_where_it_stands(browser: Client, creator: Creator) -> None:
    response = browser.get(f"/forecasts/{creator.prediction.public_id}/feedback/", headers=HTML)
    page = check_error(response, 405)
    assert response.headers["Allow"] == "POST"
    assert next(link for link in page.all("a") if link.get("class") == "button" and "belongs" in link.text)["href"] == (
        f"/forecasts/{creator.prediction.public_id}/"
    )


def typed_on(response: Any) -> list[str]:
    return [area.text for area in read(response.content.decode()).all("textarea")]


FORM = {"caption": CAPTION, "password": "a long secret password", "hour": "18", "csrfmiddlewaretoken": "x" * 64}


def test_a_form_that_is_out_of_date_gives_the_text_back_and_no_secret() -> None:
    strict = Client(enforce_csrf_checks=True)
    response = strict.post("/compose/", FORM, headers=SAME_ORIGIN)
    check_error(response, 403)
    assert typed_on(response) == [CAPTION]
    assert "a long secret" not in response.content.decode()


@pytest.mark.parametrize("origin", ["https://evil.example", "null", None])
def test_what_another_site_sends_is_not_shown_as_typed(origin: str | None) -> None:
    strict = Client(enforce_csrf_checks=True)
    headers = {**HTML, "Origin": origin} if origin else HTML
    assert typed_on(strict.post("/compose/", FORM, headers=headers)) == []


def test_a_form_sent_after_the_session_ended_gives_the_text_back(creator: Creator) -> None:
    feedback = f"/forecasts/{creator.prediction.public_id}/feedback/"
    response = Client().post(feedback, {"text": CAPTION, "verdict": "wrong"}, headers=SAME_ORIGIN)
    page = check_error(response, 401)
    assert typed_on(response) == [CAPTION]
    wanted = f"/sign-in/?next=/forecasts/{creator.prediction.public_id}/"
    assert wanted in {link["href"] for link in page.all("a")}
    # nothing was typed: the sign-in will do
    assert Client().post(feedback, {"verdict": "wrong"}, headers=SAME_ORIGIN).status_code == 302
    # a program does not read pages
    assert Client().post(feedback, {"text": CAPTION}).status_code == 302


def test_text_survives_a_limit_and_a_database_that_is_away(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    monkeypatch.setattr(GATE, "reason", lambda: "shut")
    assert typed_on(Client().post("/compose/", FORM, headers=SAME_ORIGIN)) == [CAPTION]
    monkeypatch.undo()
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "page": "1/day"}
    for _ in range(2):
        response = Client().post("/compose/", FORM, headers=SAME_ORIGIN, REMOTE_ADDR="192.0.2.78")
    assert response.status_code == 429
    assert typed_on(response) == [CAPTION]
